import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matrixToNetwork } from '../../../src/core/convert/matrix-to-network.ts';
import type { Effect, MatrixEvent } from '../../../src/core/events.ts';
import { asNetworkId } from '../../../src/core/ids.ts';

const ALICE = '@alice:willow.example';
const GHOST = '@_causeway_home_bob:willow.example';
const view = {
  network: asNetworkId('home'),
  channel: '#commons',
  isOurs: (userId: string) => userId.startsWith('@_causeway_'),
};

const event = (type: string, content: object, more: Partial<MatrixEvent> = {}): MatrixEvent => ({
  event_id: '$e',
  room_id: '!r',
  sender: ALICE,
  type,
  content: content as MatrixEvent['content'],
  origin_server_ts: 1,
  ...more,
});

const message = (content: object, more: Partial<MatrixEvent> = {}) => event('m.room.message', content, more);

/** What is said, as `style line`; anything else as it is. */
const told = (given: MatrixEvent): unknown[] =>
  matrixToNetwork(given, view).map(({ effect }) =>
    effect.op === 'network.say' ? `${effect.style} ${effect.line}` : effect,
  );

const reply = (body: string) =>
  message({ msgtype: 'm.text', body, 'm.relates_to': { 'm.in_reply_to': { event_id: '$other' } } });

describe('what is said in a room, as its channel hears it', () => {
  const SAID: ReadonlyArray<readonly [name: string, given: MatrixEvent, told: readonly string[]]> = [
    ['text', message({ msgtype: 'm.text', body: 'hello' }), ['text hello']],
    ['an emote', message({ msgtype: 'm.emote', body: 'waves' }), ['action waves']],
    ['a notice', message({ msgtype: 'm.notice', body: 'backup done' }), ['notice backup done']],
    [
      'several lines',
      message({ msgtype: 'm.text', body: 'one\ntwo\r\nthree\rfour' }),
      ['text one', 'text two', 'text three', 'text four'],
    ],
    [
      'line ends of Unicode',
      message({ msgtype: 'm.text', body: 'a\u2028b\u2029c\u0085d' }),
      ['text a', 'text b', 'text c', 'text d'],
    ],
    ['blank lines between', message({ msgtype: 'm.text', body: 'one\n\n  \ntwo\n' }), ['text one', 'text two']],
    ['nothing but blanks', message({ msgtype: 'm.text', body: ' \n\t' }), []],
    ['a picture', message({ msgtype: 'm.image', body: 'cat.png' }), ['action sent a picture: cat.png']],
    ['a film', message({ msgtype: 'm.video', body: 'cat.mp4' }), ['action sent a video: cat.mp4']],
    ['a recording', message({ msgtype: 'm.audio', body: 'cat.ogg' }), ['action sent a recording: cat.ogg']],
    ['a file', message({ msgtype: 'm.file', body: 'cat.pdf' }), ['action sent a file: cat.pdf']],
    ['a place', message({ msgtype: 'm.location', body: 'here' }), ['action shared a place: here']],
    [
      'a kind that nobody knows',
      message({ msgtype: 'x.y', body: 'z' }),
      ['action sent something that IRC cannot show: z'],
    ],
    ['a name of several lines', message({ msgtype: 'm.file', body: 'a\r\nQUIT' }), ['action sent a file: a QUIT']],
    ['a picture without a name', message({ msgtype: 'm.image', body: '' }), ['action sent a picture']],
    ['a sticker', event('m.sticker', { body: 'wink' }), ['action sent a sticker: wink']],
    ['a sticker without a name', event('m.sticker', {}), ['action sent a sticker']],
    ['an answer with what it answers', reply('> <@b:x> hi\n> there\n\nyes'), ['text yes']],
    ['an answer without blank line', reply('> <@b:x> hi\nyes\nno'), ['text yes', 'text no']],
    ['an answer that quotes only', reply('> just this'), ['text > just this']],
    ['an answer with nothing behind the quotation', reply('> quoted\n\n'), ['text > quoted']],
    ['a quotation that answers nothing', message({ msgtype: 'm.text', body: '> q\n\na' }), ['text > q', 'text a']],
    ['a body that is no text', message({ msgtype: 'm.text', body: { toString: 'x' } }), []],
    ['no body', message({ msgtype: 'm.text' }), []],
    [
      'a type that is no text',
      message({ msgtype: ['m.text'], body: 'x' }),
      ['action sent something that IRC cannot show: x'],
    ],
    [
      'relations that are none',
      message({ msgtype: 'm.text', body: '> x\n\ny', 'm.relates_to': 7 }),
      ['text > x', 'text y'],
    ],
    ['a message as state', message({ msgtype: 'm.text', body: 'x' }, { state_key: '' }), []],
    ['what a ghost of ours says', message({ msgtype: 'm.text', body: 'x' }, { sender: GHOST }), []],
    ['an event that nobody knows', event('x.y', { body: 'z' }), []],
    ['a reaction', event('m.reaction', { 'm.relates_to': {} }), []],
    [
      'keys of prototypes',
      message(JSON.parse('{"msgtype":"m.text","body":"x","__proto__":{"a":1},"constructor":1}')),
      ['text x'],
    ],
  ];
  for (const [name, given, expected] of SAID) test(name, () => assert.deepEqual(told(given), expected));

  test('each line has its own key, and the first that of the event', () => {
    const keys = matrixToNetwork(message({ msgtype: 'm.text', body: 'a\nb\nc' }), view).map(({ key }) => key);
    assert.deepEqual(keys, ['$e', '$e#1', '$e#2']);
  });

  test('a whole effect', () => {
    assert.deepEqual(matrixToNetwork(message({ msgtype: 'm.text', body: 'hello' }), view), [
      {
        key: '$e',
        effect: {
          op: 'network.say',
          network: 'home',
          channel: '#commons',
          room: '!r',
          userId: ALICE,
          style: 'text',
          line: 'hello',
          eventId: '$e',
        },
      },
    ]);
  });

  test('of a message of very many lines the first are said, and its sender is told', () => {
    const effects = matrixToNetwork(message({ msgtype: 'm.text', body: 'x\n'.repeat(30_000) }), view);
    const [last] = effects.slice(-1);
    assert.equal(effects.length, 301);
    assert.deepEqual(last, {
      key: 'cut|$e',
      effect: {
        op: 'matrix.notice',
        room: '!r',
        body: 'Only the first 300 of 30000 lines of this message are delivered to #commons. Send what is longer as a file.',
        replyTo: { eventId: '$e', userId: ALICE },
        cause: `cut|${ALICE}`,
      },
    });
  });

  test('an encrypted message is answered with words, and said nowhere', () => {
    const effects = matrixToNetwork(event('m.room.encrypted', { ciphertext: 'AAA' }), view);
    assert.deepEqual(
      effects.map(({ key, effect }) => [key, effect.op, effect.op === 'matrix.notice' && effect.replyTo]),
      [['encrypted|$e', 'matrix.notice', { eventId: '$e', userId: ALICE }]],
    );
  });
});

describe('what else happens in a room', () => {
  const member = (content: object, more: Partial<MatrixEvent> = {}) =>
    event('m.room.member', content, { state_key: ALICE, ...more });
  const part = (reason: string): Effect => ({
    op: 'network.part',
    network: view.network,
    channel: '#commons',
    userId: ALICE,
    reason,
  });
  const topic = (text: string): Effect => ({
    op: 'network.topic',
    network: view.network,
    channel: '#commons',
    room: '!r',
    userId: ALICE,
    topic: text,
    eventId: '$e',
  });
  const CASES: ReadonlyArray<readonly [name: string, given: MatrixEvent, effects: readonly Effect[]]> = [
    ['somebody leaves', member({ membership: 'leave' }), [part('')]],
    ['with a reason', member({ membership: 'leave', reason: 'tea\r\nQUIT' }), [part('tea QUIT')]],
    [
      'removed',
      member({ membership: 'leave', reason: 'spam' }, { sender: '@mod:x' }),
      [part('removed on Matrix: spam')],
    ],
    ['banned', member({ membership: 'ban' }, { sender: '@mod:x' }), [part('banned on Matrix')]],
    ['a reason that is no text', member({ membership: 'leave', reason: {} }), [part('')]],
    ['somebody joins', member({ membership: 'join' }), []],
    ['a membership that nobody knows', member({ membership: ['leave'] }), []],
    ['a ghost of ours leaves', member({ membership: 'leave' }, { state_key: GHOST, sender: GHOST }), []],
    ['our bot removes a person', member({ membership: 'leave' }, { sender: GHOST }), [part('removed on Matrix')]],
    ['a topic', event('m.room.topic', { topic: 'Tea\nat five' }, { state_key: '' }), [topic('Tea at five')]],
    ['no topic any more', event('m.room.topic', { topic: '' }, { state_key: '' }), [topic('')]],
    ['a topic that is no text', event('m.room.topic', { topic: 5 }, { state_key: '' }), []],
    ['a topic of ours', event('m.room.topic', { topic: 'x' }, { state_key: '', sender: GHOST }), []],
    ['a topic that is no state', event('m.room.topic', { topic: 'x' }), []],
  ];
  for (const [name, given, effects] of CASES)
    test(name, () =>
      assert.deepEqual(
        matrixToNetwork(given, view).map(({ effect }) => effect),
        effects,
      ),
    );
});

describe('whatever a homeserver may hand over', () => {
  const types = fc.constantFrom(
    'm.room.message',
    'm.sticker',
    'm.room.topic',
    'm.room.member',
    'm.room.encrypted',
    '__proto__',
    'constructor',
  );
  const contents = fc.dictionary(
    fc.constantFrom('body', 'msgtype', 'topic', 'membership', 'reason', 'm.relates_to', '__proto__'),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('m.text', 'm.emote', 'm.image', 'leave', 'ban'),
      fc.string({ unit: 'binary' }),
    ),
  );

  test('no event makes the converter fail, and no line of it could be two', () => {
    fc.assert(
      fc.property(types, contents, fc.option(fc.string(), { nil: undefined }), (type, content, stateKey) => {
        const given = event(type, content, stateKey === undefined ? {} : { state_key: stateKey });
        const effects = matrixToNetwork(given, view);
        assert.equal(new Set(effects.map(({ key }) => key)).size, effects.length);
        for (const { effect } of effects) {
          if (effect.op === 'network.say')
            assert.match(effect.line, /^[^\r\n\u0085\u2028\u2029]*\S[^\r\n\u0085\u2028\u2029]*$/);
          if (effect.op === 'network.topic') assert.doesNotMatch(effect.topic, /[\r\n]/);
          if (effect.op === 'network.part') assert.doesNotMatch(effect.reason, /[\r\n]/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
