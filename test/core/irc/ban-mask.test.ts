import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isHit } from '../../../src/core/irc/ban-mask.ts';
import { growsEvenly } from '../../growth.ts';

const ALICE = { account: 'did:key:z6MkAlice', prefix: 'Alice!alice@freeq/key/z6MkAlic' };

describe('a ban', () => {
  for (const [mask, hits] of [
    ['did:key:z6MkAlice', true],
    ['did:key:z6mkalice', false],
    ['alice!*@*', true],
    ['*!*@freeq/key/z6MkAlic', true],
    ['a?ice!*@*/key/*', true],
    ['*', true],
    ['bob!*@*', false],
    ['alice', false],
    ['', false],
    ['*'.repeat(500), false],
  ] as const)
    test(`on ${mask.slice(0, 30) || 'nothing'} ${hits ? 'hits' : 'does not hit'} her`, () =>
      assert.equal(isHit(mask, ALICE), hits));

  test('on an address hits nobody whose address is not known', () =>
    assert.equal(isHit('*!*@*', { account: null, prefix: null }), false));

  test('that is made to be slow is not', () => {
    const made = (size: number): string => `${'a'.repeat(size)}b`;
    growsEvenly('a mask of stars', (size) => isHit('*a'.repeat(190), { account: null, prefix: made(size) }), 40_000);
  });
});
