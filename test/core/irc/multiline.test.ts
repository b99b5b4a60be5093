import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sanitizeText } from '../../../src/core/irc/encode.ts';
import { joinedMultiline, multilineLimits, packMultiline, unpackMultiline } from '../../../src/core/irc/multiline.ts';
import { splitForJoining } from '../../../src/core/irc/split.ts';
import { readIrc } from '../../../src/core/text/irc-to-spans.ts';

describe('limits of the server', () => {
  const cases = [
    ['max-bytes=4096,max-lines=100', { maxBytes: 4096, maxLines: 100 }],
    ['max-lines=5,max-bytes=4096,x', { maxBytes: 4096, maxLines: 5 }],
    ['max-bytes=4096', { maxBytes: 4096, maxLines: 4096 }],
    ['max-bytes=1,max-lines=9', undefined],
    ['max-bytes=many', undefined],
    ['', undefined],
  ] as const;
  for (const [value, limits] of cases)
    test(JSON.stringify(value), () => assert.deepEqual(multilineLimits(value), limits));
});

describe('a message of several lines', () => {
  test('is one text, and several where it is more than the server takes', () => {
    const lines = [['a'], ['b', 'c'], ['d'], ['e']];
    assert.deepEqual(packMultiline(lines, { maxBytes: 512, maxLines: 3 }), ['a\nb\vc', 'd\ne']);
    assert.deepEqual(unpackMultiline('a\nb\vc'), [
      { text: 'a', goesOn: false },
      { text: 'b', goesOn: false },
      { text: 'c', goesOn: true },
    ]);
    assert.equal(joinedMultiline('a\nb\vc'), 'a\nbc');
  });

  test('loses nothing, keeps its order, and every part keeps to the limits', () => {
    const line = fc.string({ maxLength: 300 }).map((text) => sanitizeText(text).trim().replace(/ +/g, ' '));
    const lines = fc.array(
      line.filter((text) => text !== ''),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(lines, fc.integer({ min: 40, max: 200 }), fc.integer({ min: 2, max: 5 }), (texts, max, maxLines) => {
        const limits = { maxBytes: 512, maxLines };
        const parts = packMultiline(
          texts.map((text) => splitForJoining(text, max)),
          limits,
        );
        const shown = (text: string): string =>
          readIrc(text)
            .map((span) => span.text)
            .join('');
        const said = parts.map(joinedMultiline).join('');
        assert.equal(shown(said.replaceAll('\n', '')), texts.map(shown).join(''));
        for (const part of parts) {
          const pieces = unpackMultiline(part);
          assert.ok(pieces.length <= maxLines);
          assert.ok(pieces.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) <= limits.maxBytes);
          for (const { text } of pieces) assert.ok(Buffer.byteLength(text) <= max, text);
        }
      }),
    );
  });

  test('looks the same when a reader puts a long line together again', () => {
    const line = `\x02${'bold words '.repeat(20)}\x0304and red ones\x0f`;
    const pieces = splitForJoining(line, 60);
    assert.ok(pieces.length > 3);
    assert.deepEqual(readIrc(pieces.join('')), readIrc(line));
  });
});
