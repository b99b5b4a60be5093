import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LinkCodes } from '../../../src/app/admission/link-codes.ts';
import type { Side } from '../../../src/app/admission/proofs.ts';
import { asNetworkId } from '../../../src/core/ids.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const home = asNetworkId('home');
const MINUTE = 60_000;

const onMatrix = (name: string): Side => ({ kind: 'matrix', userId: `@${name}:willow.example`, subject: undefined });
const onIrc = (nick: string, account: string | null = null): Side => ({
  kind: 'network',
  network: home,
  nick,
  account,
});

describe('codes that link people', () => {
  const start = () => {
    const clock = new ManualClock();
    let made = 0;
    const codes = new LinkCodes(
      clock,
      () => `CODE${++made}`,
      (_, name) => name.toLowerCase(),
    );
    return { clock, codes };
  };

  test('a flood of those who change their nicks voids nobody’s code and keeps no one with an account from getting one', () => {
    const { codes } = start();
    const before = [onMatrix('anna'), onIrc('bea', 'bea'), onIrc('early')].map(
      (side) => [side, codes.begin(side)] as const,
    );
    const flood = Array.from({ length: 5_000 }, (_, number) => codes.begin(onIrc(`flood${number}`)));
    assert.equal(flood.filter((code) => code !== undefined).length, 999);
    for (const [side, code] of before) assert.deepEqual(codes.of(code ?? ''), side);
    for (const side of [onMatrix('cem'), onIrc('dora', 'dora')])
      assert.deepEqual(codes.of(codes.begin(side) ?? ''), side);
  });

  test('who asks again has one code only, whatever their nick is, and room is made when the old ones are ten minutes old', () => {
    const { clock, codes } = start();
    const [first, second] = [codes.begin(onIrc('bea', 'Bea')), codes.begin(onIrc('bea_', 'bea'))];
    assert.deepEqual([codes.of(first ?? ''), codes.of(second ?? '')], [undefined, onIrc('bea_', 'bea')]);
    for (let number = 0; number < 1_000; number++) codes.begin(onIrc(`n${number}`));
    assert.equal(codes.begin(onIrc('late')), undefined);
    clock.advance(10 * MINUTE + 1);
    assert.equal(codes.of(second ?? ''), undefined);
    assert.deepEqual(codes.of(codes.begin(onIrc('late')) ?? ''), onIrc('late'));
  });

  test('a code asked for under a nick is void for whoever has the nick next', () => {
    const { codes } = start();
    const [gone, unseen, account] = [onIrc('Al'), onIrc('ann'), onIrc('bea', 'bea')].map(
      (side) => codes.begin(side) ?? '',
    );
    codes.nickGone(home, 'al');
    codes.nickGone(home, 'bea');
    assert.deepEqual([codes.of(gone ?? ''), codes.of(unseen ?? '')], [undefined, onIrc('ann')]);
    codes.nicksGone(home);
    assert.deepEqual([codes.of(unseen ?? ''), codes.of(account ?? '')], [undefined, onIrc('bea', 'bea')]);
  });

  test('five wrong codes are tried by one, and a flood of others gives them no more', () => {
    const { clock, codes } = start();
    const tries = Array.from({ length: 6 }, () => codes.mayTry(onIrc('eve', 'eve')));
    assert.deepEqual(tries, [true, true, true, true, true, false]);
    for (let number = 0; number < 2_000; number++) codes.mayTry(onIrc(`n${number}`));
    assert.equal(codes.mayTry(onIrc('eve2', 'Eve')), false);
    clock.advance(10 * MINUTE + 1);
    assert.equal(codes.mayTry(onIrc('eve', 'eve')), true);
  });

  test('a code is said in any case, and once', () => {
    const { codes } = start();
    const code = codes.begin(onMatrix('anna')) ?? '';
    assert.deepEqual(codes.of(code.toLowerCase()), onMatrix('anna'));
    codes.spend(code.toLowerCase());
    assert.equal(codes.of(code), undefined);
  });
});
