import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isUlid, makeUlid, ulidTimeMs } from '../../../src/core/freeq/ulid.ts';

describe('a ULID', () => {
  test('tells when it was made', () => {
    // From the specification: 01ARZ3NDEK… is 2016-07-30T23:54:10.259Z.
    assert.equal(ulidTimeMs('01ARZ3NDEKTSV4RRFFQ69G5FAV'), Date.parse('2016-07-30T23:54:10.259Z'));
  });

  test('of nothing but zeros and of nothing but ones are the smallest and the largest', () => {
    assert.equal(makeUlid(0, new Uint8Array(10)), '0'.repeat(26));
    assert.equal(makeUlid(2 ** 48 - 1, new Uint8Array(10).fill(255)), `7${'Z'.repeat(25)}`);
  });

  test('is made so that its time comes back, and times sort as texts', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat().map((number) => number % 2 ** 48),
        fc.uint8Array({ minLength: 10, maxLength: 32 }),
        (timeMs, random) => {
          const text = makeUlid(timeMs, random);
          assert.deepEqual([isUlid(text), ulidTimeMs(text)], [true, timeMs]);
          assert.ok(timeMs === 0 || makeUlid(timeMs - 1, random) < text);
        },
      ),
    );
  });

  for (const [what, text] of [
    ['small letters', '01arz3ndektsv4rrffq69g5fav'],
    ['a letter that Crockford left out', '01ARZ3NDEKTSV4RRFFQ69G5FAU'],
    ['more than 48 bits of time', '81ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a line break behind it', '01ARZ3NDEKTSV4RRFFQ69G5FAV\n'],
    ['nothing', ''],
  ] as const) {
    test(`with ${what} is none`, () => assert.deepEqual([isUlid(text), ulidTimeMs(text)], [false, undefined]));
  }
});
