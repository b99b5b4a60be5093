import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { numberPlaceholders } from '../../src/db/postgres/placeholders.ts';
import { storableKey, storableText } from '../../src/db/storable.ts';
import { batches, inList } from '../../src/db/stores/batches.ts';

const hostile = fc.string({ unit: 'binary', maxLength: 2000 });

describe('what is stored', () => {
  test('keys always fit an index, stay what they are when short, and stay apart when long', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        assert.ok(Buffer.byteLength(storableKey(a)) <= 512);
        assert.equal(storableKey(storableKey(a)), storableKey(a));
        assert.equal(storableKey(a) === storableKey(b), storableText(a) === storableText(b));
        if (Buffer.byteLength(storableText(a)) <= 512) assert.equal(storableKey(a), storableText(a));
      }),
    );
  });

  test('text is always UTF-8 without NUL', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const stored = storableText(text);
        assert.ok(stored.isWellFormed() && !stored.includes('\0'));
        assert.equal(stored.length, text.length);
      }),
    );
  });

  test('lists come in few sizes and hold the same values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 1000 }), (values) => {
        const list = inList(values);
        assert.deepEqual(new Set(list.values), new Set(values));
        assert.equal(list.places.split(',').length, list.values.length);
        assert.ok([1, 4, 16, 64, 256, 1000].includes(list.values.length));
      }),
    );
    assert.throws(() => inList([]), RangeError);
    assert.throws(() => inList(Array.from({ length: 1001 }, () => 1)), RangeError);
  });

  test('batches hold every row once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 300 }), (rows) => {
        assert.deepEqual([...batches(rows)].flat(), rows);
      }),
    );
  });

  test('placeholders are numbered outside of quotes and comments', () => {
    assert.equal(
      numberPlaceholders(`SELECT ?, '?''?', "a?" -- ?\n, /* ? */ ? FROM t`),
      `SELECT $1, '?''?', "a?" -- ?\n, /* ? */ $2 FROM t`,
    );
  });
});
