import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { makeBodySplitter } from '../../src/matrix/split-body.ts';

function split(body: string | Buffer, chunkBytes = 1 << 20, maxElementBytes = 1000) {
  const elements: [string, string][] = [];
  const oversized: string[] = [];
  const splitter = makeBodySplitter({
    maxElementBytes,
    element: (key, json) => elements.push([key, json]),
    oversized: (key) => oversized.push(key),
  });
  const bytes = Buffer.from(body as string);
  for (let at = 0; at < bytes.length; at += chunkBytes) splitter.push(bytes.subarray(at, at + chunkBytes));
  return { elements, oversized, end: splitter.end() };
}

describe('a transaction cut into its events', () => {
  test('gives each element of each array, and what it belongs to', () => {
    assert.deepEqual(split(' {"events": [{"a":[1,"]"]}, 2 ,[3]], "x": {"events": [9]}, "n": 1, "ephemeral":["t"]} '), {
      elements: [
        ['events', '{"a":[1,"]"]}'],
        ['events', ' 2 '],
        ['events', '[3]'],
        ['ephemeral', '"t"'],
      ],
      oversized: [],
      end: 'complete',
    });
  });

  test('is the same however the body is torn', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(
        fc.array(json),
        fc.array(json),
        json,
        fc.integer({ min: 1, max: 9 }),
        (events, ephemeral, other, size) => {
          const body = JSON.stringify({ other, events, 'de.sorunome.msc2409.ephemeral': ephemeral, '"\\': [] });
          const { elements, end } = split(body, size, 1 << 20);
          const of = (key: string) => elements.filter(([name]) => name === key).map(([, text]) => JSON.parse(text));
          assert.deepEqual(of('events'), JSON.parse(JSON.stringify(events)));
          assert.deepEqual(of('de.sorunome.msc2409.ephemeral'), JSON.parse(JSON.stringify(ephemeral)));
          assert.equal(end, 'complete');
        },
      ),
    );
  });

  test('keeps nothing of an element that is too large, and goes on after it', () => {
    assert.deepEqual(split(`{"events":[1,"${'x'.repeat(2000)}",3]}`, 64), {
      elements: [
        ['events', '1'],
        ['events', '3'],
      ],
      oversized: ['events'],
      end: 'complete',
    });
  });

  test('loses only the element that is not JSON', () => {
    const { elements, end } = split('{"events":[{"a":1},{"a":},{"b":2}]}');
    assert.deepEqual(
      elements.map(([, text]) => text),
      ['{"a":1}', '{"a":}', '{"b":2}'],
    );
    assert.equal(end, 'complete');
  });

  for (const body of [
    '',
    '[]',
    'null',
    '{"events":[',
    '{"events":[]',
    '{"events":[]]',
    '{} {}',
    'x{}',
    '{"a":1',
    '"{}"',
  ])
    test(`is broken when the body is ${JSON.stringify(body)}`, () => assert.equal(split(body).end, 'broken'));

  test('never makes us throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
        split(Buffer.from(bytes), size);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[],:"\\a1 ') }), (text) => {
        split(text, 3);
      }),
    );
  });
});
