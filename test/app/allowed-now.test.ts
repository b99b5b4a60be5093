import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allowedNow } from '../../src/app/gates/allowed-now.ts';
import type { LineGate, Verdict } from '../../src/app/gates/line-gate.ts';
import { networkToMatrix } from '../../src/core/convert/network-to-matrix.ts';
import { fail } from '../../src/core/errors.ts';
import type { Effect, NetworkEvent, NetworkSource } from '../../src/core/events.ts';
import { asNetworkId, keyFromMsgid, makePortalId } from '../../src/core/ids.ts';

const home = asNetworkId('home');
const portal = makePortalId(home, '#c');
const NO = { code: 'authority.absent', text: 'Not a member.', retry: 'never', notify: 'log' } as const;
const gate = (verdict: Verdict, mayKick = true): LineGate => ({
  toNetwork: () => verdict,
  toMatrix: () => verdict,
  mayKick: () => mayKick,
});
const base = {
  network: home,
  channel: '#c',
  key: keyFromMsgid('k'),
  timeMs: 1,
  replayed: false,
  source: { nick: 'carol' },
  own: false,
};
const view = {
  room: '!r',
  fold: (name: string) => name,
  voucher: { trust: 'foreign', isMember: () => false },
} as const;
const target = keyFromMsgid('t');
const KINDS: ReadonlyArray<readonly [name: string, event: NetworkEvent]> = [
  ['a line', { ...base, kind: 'message', style: 'text', lines: ['hi'] }],
  ['an answer', { ...base, kind: 'message', style: 'text', lines: ['hi'], replyTo: target }],
  ['an edit', { ...base, kind: 'message', style: 'text', lines: ['hi'], edits: target }],
  ['a reaction', { ...base, kind: 'reaction', target, emoji: '👍', removed: false }],
  ['a reaction taken back', { ...base, kind: 'reaction', target, emoji: '👍', removed: true }],
  ['a deletion', { ...base, kind: 'deletion', target, reason: '' }],
  ['a topic', { ...base, kind: 'topic', topic: 'tea' }],
];
const effectOf = (event: NetworkEvent): Effect => {
  const [first] = networkToMatrix(event, view);
  assert.ok(first !== undefined);
  return first.effect;
};

test('a reaction of which only a name is known passes where nobody is shut out who may be meant', () => {
  const named = (tallied: NetworkSource[]) =>
    effectOf({ ...base, kind: 'reaction', target, emoji: '👍', removed: false, tallied });
  const asked: unknown[] = [];
  const picky: LineGate = {
    ...gate({ kind: 'yes' }),
    toMatrix: (_, { nick, account, onlyNamed }) => {
      asked.push([nick, account, onlyNamed]);
      return account === 'did:plc:out' ? { kind: 'no', error: NO } : { kind: 'yes' };
    },
  };
  const effect = named([{ nick: 'carol', account: 'did:plc:in' }]);
  assert.deepEqual(allowedNow(picky, portal, effect), { ok: true, value: effect });
  assert.deepEqual(asked, [
    ['carol', null, undefined],
    ['carol', null, true],
    ['carol', 'did:plc:in', undefined],
  ]);
  assert.deepEqual(allowedNow(picky, portal, named([{ nick: 'carol', account: 'did:plc:out' }])), fail(NO));
});

describe('the gate, at the moment at which something goes out', () => {
  for (const [name, event] of KINDS) {
    const effect = effectOf(event);
    test(`${name} of somebody who is not let in does not`, () =>
      assert.deepEqual(allowedNow(gate({ kind: 'no', error: NO }), portal, effect), fail(NO)));
    test(`${name} of somebody who is let in does, whole`, () =>
      assert.deepEqual(allowedNow(gate({ kind: 'yes' }), portal, effect), { ok: true, value: effect }));
  }

  test('a reaction has no room for a mark, and the bot gives none for somebody', () => {
    const effect = effectOf({ ...base, kind: 'reaction', target, emoji: '👍', removed: false });
    for (const verdict of [{ kind: 'yes', mark: '[guest]' } as const, { kind: 'yes', spokenFor: true } as const])
      assert.equal(allowedNow(gate(verdict), portal, effect).ok, false);
  });

  test('where the channel does not decide who is heard, a deletion there spares what people of Matrix said', () => {
    const effect = effectOf({ ...base, kind: 'deletion', target, reason: '' });
    assert.deepEqual(allowedNow(gate({ kind: 'yes' }, false), portal, effect), {
      ok: true,
      value: { ...effect, sparesPeople: true },
    });
  });
});
