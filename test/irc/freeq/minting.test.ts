import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ulidTimeMs } from '../../../src/core/freeq/ulid.ts';
import { freeqMint } from '../../../src/irc/freeq/minting.ts';

const NOW_MS = 1_795_000_000_000;

describe('an id of our own', () => {
  test('is the same for the same piece and stamp, and another for anything else', () => {
    const stamp = freeqMint.stamp(NOW_MS, undefined);
    const id = freeqMint.id(stamp, 'row.0 hello');
    assert.equal(freeqMint.id(stamp, 'row.0 hello'), id);
    const others = [freeqMint.id(stamp, 'row.1 hello'), freeqMint.id(String(NOW_MS + 1), 'row.0 hello')];
    assert.equal(new Set([id, ...others]).size, 3);
    assert.equal(ulidTimeMs(id), NOW_MS);
  });

  test('keeps its stamp as long as the server would take it, and gets a new one after that', () => {
    const stamp = freeqMint.stamp(NOW_MS, undefined);
    assert.equal(freeqMint.stamp(NOW_MS + 60_000, stamp), stamp);
    assert.equal(freeqMint.stamp(NOW_MS + 120_000, stamp), String(NOW_MS + 120_000));
    assert.equal(freeqMint.stamp(NOW_MS, 'nonsense'), String(NOW_MS));
  });
});
