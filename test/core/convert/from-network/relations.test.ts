import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { networkToMatrix } from '../../../../src/core/convert/network-to-matrix.ts';
import type { NetworkDeletion, NetworkEvent, NetworkMessage, NetworkReaction } from '../../../../src/core/events.ts';
import { asNetworkId, keyFromMsgid } from '../../../../src/core/ids.ts';

const base = {
  network: asNetworkId('home'),
  channel: '#Commons',
  key: keyFromMsgid('abc'),
  timeMs: 1_763_700_000_000,
  replayed: false,
  source: { nick: 'Bob', account: 'bob' },
  own: false,
};
const target = keyFromMsgid('first');
const view = {
  room: '!r',
  fold: (name: string) => name.toLowerCase(),
  voucher: { trust: 'foreign', isMember: () => false },
} as const;
const message = (lines: readonly string[], more: Partial<NetworkMessage> = {}): NetworkMessage => ({
  ...base,
  kind: 'message',
  style: 'text',
  lines,
  ...more,
});
const reaction = (emoji: string, more: Partial<NetworkReaction> = {}): NetworkReaction => ({
  ...base,
  kind: 'reaction',
  target,
  emoji,
  removed: false,
  ...more,
});
const deletion = (reason: string, more: Partial<NetworkDeletion> = {}): NetworkDeletion => ({
  ...base,
  kind: 'deletion',
  target,
  reason,
  ...more,
});
const LONG = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(200)}`);

/** Of each effect its key and what it is about. */
const about = (event: NetworkEvent): unknown[] =>
  networkToMatrix(event, view).map(({ key, effect }) => {
    switch (effect.op) {
      case 'matrix.message':
        return [key, effect.op, effect.replyTo, effect.edits];
      case 'matrix.react':
      case 'matrix.unreact':
        return [key, effect.op, effect.target, effect.emoji, effect.subject, effect.nick, effect.timeMs];
      case 'matrix.redact':
        return [key, effect.op, effect.target, effect.reason, effect.subject, effect.nick];
      default:
        return effect;
    }
  });
const subject = { kind: 'account', name: 'bob' };

describe('what somebody on a network does with what was said', () => {
  const CASES: ReadonlyArray<readonly [name: string, given: NetworkEvent, about: readonly unknown[]]> = [
    ['an answer', message(['yes'], { replyTo: target }), [['home|m:abc', 'matrix.message', target, undefined]]],
    [
      'a long answer: the first event answers',
      message(LONG, { replyTo: target }),
      [
        ['home|m:abc', 'matrix.message', target, undefined],
        ['home|m:abc#1', 'matrix.message', undefined, undefined],
      ],
    ],
    ['an edit', message(['yes'], { edits: target }), [['home|m:abc', 'matrix.message', undefined, target]]],
    [
      'a long edit stays one event',
      message(LONG, { edits: target }),
      [['home|m:abc', 'matrix.message', undefined, target]],
    ],
    ['a reaction', reaction('👍'), [['home|m:abc', 'matrix.react', target, '👍', subject, 'Bob', base.timeMs]]],
    [
      'a reaction taken back',
      reaction('\x02👍\x02 ', { removed: true }),
      [['home|m:abc', 'matrix.unreact', target, '👍', subject, 'Bob', base.timeMs]],
    ],
    ['a reaction of ours', reaction('👍', { own: true }), []],
    ['a reaction with a sermon', reaction('x'.repeat(65)), []],
    ['a reaction with half a character', reaction('\ud800'), []],
    ['a reaction of looks alone', reaction('\x02\x02'), []],
    ['a deletion', deletion('\x02oops\x02'), [['home|m:abc', 'matrix.redact', target, 'oops', subject, 'Bob']]],
    ['a deletion by us', deletion('', { own: true }), []],
  ];
  for (const [name, given, expected] of CASES) test(name, () => assert.deepEqual(about(given), expected));
});
