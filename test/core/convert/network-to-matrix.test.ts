import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { networkToMatrix } from '../../../src/core/convert/network-to-matrix.ts';
import type { NetworkEvent, NetworkMessage } from '../../../src/core/events.ts';
import type { Provenance } from '../../../src/core/identity/provenance.ts';
import { asNetworkId, keyFromMsgid } from '../../../src/core/ids.ts';

const base = {
  network: asNetworkId('home'),
  channel: '#Commons',
  key: keyFromMsgid('abc'),
  timeMs: 1_763_700_000_000,
  replayed: false,
};
const bob = { nick: 'Bob', account: null };
const view = {
  room: '!r',
  fold: (name: string) => name.toLowerCase(),
  voucher: { trust: 'foreign', isMember: () => false },
} as const;
const fromBob: Provenance = {
  network: 'home',
  channel: '#Commons',
  nick: 'Bob',
  account: null,
  origin: null,
  assurance: 'anonymous',
  msgid: 'abc',
  signature: 'none',
};

const message = (lines: readonly string[], more: Partial<NetworkMessage> = {}): NetworkMessage => ({
  ...base,
  kind: 'message',
  source: bob,
  own: false,
  style: 'text',
  lines,
  ...more,
});

const bodies = (event: NetworkEvent): unknown[] =>
  networkToMatrix(event, view).map(({ effect }) => (effect.op === 'matrix.message' ? effect.body : effect));

describe('what is said in a channel, as its room reads it', () => {
  test('a whole effect', () => {
    assert.deepEqual(networkToMatrix(message(['hello']), view), [
      {
        key: 'home|m:abc',
        effect: {
          op: 'matrix.message',
          room: '!r',
          network: 'home',
          subject: { kind: 'nick', name: 'bob' },
          nick: 'Bob',
          msgtype: 'm.text',
          body: 'hello',
          timeMs: base.timeMs,
          messageKey: 'm:abc',
          provenance: fromBob,
        },
      },
    ]);
  });

  const TYPES = [
    ['text', 'm.text'],
    ['action', 'm.emote'],
    ['notice', 'm.notice'],
  ] as const;
  for (const [style, msgtype] of TYPES)
    test(`${style} is ${msgtype}`, () => {
      const [keyed] = networkToMatrix(message(['x'], { style }), view);
      assert.equal(keyed?.effect.op === 'matrix.message' && keyed.effect.msgtype, msgtype);
    });

  const SUBJECTS = [
    ['an account that the server vouches for', { nick: 'Bob_', account: 'Bob' }, { kind: 'account', name: 'bob' }],
    ['no account', { nick: 'Bob_', account: null }, { kind: 'nick', name: 'bob_' }],
    ['a server that does not say', { nick: 'Bob_' }, { kind: 'nick', name: 'bob_' }],
    ['an empty account', { nick: 'Bob_', account: '' }, { kind: 'nick', name: 'bob_' }],
  ] as const;
  for (const [name, source, subject] of SUBJECTS)
    test(`the speaker of ${name}`, () => {
      const [keyed] = networkToMatrix(message(['x'], { source }), view);
      assert.deepEqual(keyed?.effect.op === 'matrix.message' && keyed.effect.subject, subject);
    });

  const LINES: ReadonlyArray<readonly [name: string, lines: readonly string[], bodies: readonly string[]]> = [
    ['lines of one message stay one event', ['one', '', 'three'], ['one\n\nthree']],
    ['formatting is taken out', ['\x02bold\x02 \x0304,01red\x03 \x1ditalic\x0f'], ['bold red italic']],
    ['a colour does not eat digits of the text', ['\x03041 apple'], ['1 apple']],
    ['controls are taken out', ['a\x01b\x00c\x7fd'], ['abcd']],
    ['a line of codes alone is nothing', ['\x02\x02\x0f'], []],
    ['blanks are kept', ['  indented'], ['  indented']],
  ];
  for (const [name, lines, expected] of LINES) test(name, () => assert.deepEqual(bodies(message(lines)), expected));

  test('our own lines lead to nothing', () => {
    assert.deepEqual(networkToMatrix(message(['x'], { own: true }), view), []);
  });

  test('a text too large for one event becomes several, with a key each', () => {
    const keys = networkToMatrix(message(['x'.repeat(30_000)]), view).map(({ key }) => key);
    assert.deepEqual(keys, ['home|m:abc', 'home|m:abc#1', 'home|m:abc#2']);
  });

  test('nothing of any text is lost or cut in two, and each event fits', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.constantFrom('🏡'.repeat(7_000), 'ä'.repeat(13_001), 'x'.repeat(12_000)),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        const event = message(lines);
        const pieces = bodies(event) as string[];
        const whole = lines.join('\n');
        assert.equal(pieces.join('').replaceAll('\n', ''), stripped(whole).replaceAll('\n', ''));
        for (const piece of pieces) {
          assert.ok(piece.length <= 12_000 && Buffer.byteLength(JSON.stringify(piece)) < 60_000);
          assert.ok(piece.isWellFormed());
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** As the room would read it, if there were no bound. */
const stripped = (text: string): string => text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');

describe('what else happens in a channel', () => {
  test('a topic', () => {
    assert.deepEqual(bodies({ ...base, kind: 'topic', source: bob, own: false, topic: '\x02Tea\x02' }), [
      { op: 'matrix.topic', room: '!r', topic: 'Tea', provenance: fromBob },
    ]);
  });

  test('a topic of ours', () => {
    assert.deepEqual(bodies({ ...base, kind: 'topic', source: bob, own: true, topic: 'Tea' }), []);
  });

  const kick = (reason: string) => bodies({ ...base, kind: 'kick', source: bob, userId: '@alice:x', reason });

  test('a kick, with its reason and without', () => {
    const of = (reason: string) => ({ op: 'matrix.kick', room: '!r', userId: '@alice:x', reason });
    assert.deepEqual(kick('\x02spam\x02'), [of('kicked from #Commons by Bob: spam')]);
    assert.deepEqual(kick(''), [of('kicked from #Commons by Bob')]);
  });

  test('a gap is one notice with its interval', () => {
    assert.deepEqual(
      bodies({
        ...base,
        kind: 'gap',
        fromMs: Date.UTC(2026, 10, 21, 14, 2, 11),
        toMs: Date.UTC(2026, 10, 21, 14, 5, 40),
      }),
      [
        {
          op: 'matrix.notice',
          room: '!r',
          body: 'What was said in #Commons between 2026-11-21 14:02:11 and 2026-11-21 14:05:40 UTC may be missing here: the connection was away, and the server has no history of that time.',
        },
      ],
    );
  });
});
