import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matrixToNetwork } from '../../../../src/core/convert/matrix-to-network.ts';
import type { MatrixEvent } from '../../../../src/core/events.ts';
import { asNetworkId } from '../../../../src/core/ids.ts';

const ALICE = '@alice:willow.example';
const view = { network: asNetworkId('home'), channel: '#c', isOurs: (id: string) => id.startsWith('@_causeway_') };
const event = (type: string, content: object, more: Partial<MatrixEvent> = {}): MatrixEvent => ({
  event_id: '$e',
  room_id: '!r',
  sender: ALICE,
  type,
  content: content as MatrixEvent['content'],
  origin_server_ts: 1,
  ...more,
});
const message = (relates: unknown, more: object = {}) =>
  event('m.room.message', { msgtype: 'm.text', body: 'yes', 'm.relates_to': relates, ...more });

/** What an effect says beside what all of this person's effects say. */
const told = (given: MatrixEvent): unknown[] =>
  matrixToNetwork(given, view).map(({ key, effect }) => {
    const {
      network: _,
      channel: __,
      room: ___,
      userId: ____,
      eventId: _____,
      ...rest
    } = effect as Record<string, unknown>;
    return { key, ...rest };
  });
const says = (line: string, more: object = {}) => ({ key: '$e', op: 'network.say', style: 'text', line, ...more });
const reply = { 'm.in_reply_to': { event_id: '$q' } };

describe('what somebody in a room does with what was said', () => {
  const CASES: ReadonlyArray<readonly [name: string, given: MatrixEvent, told: readonly unknown[]]> = [
    ['an answer', message(reply), [says('yes', { replyTo: '$q' })]],
    [
      'an answer of several lines: the first one answers',
      message(reply, { body: 'yes\nno' }),
      [says('yes', { replyTo: '$q' }), { ...says('no'), key: '$e#1' }],
    ],
    [
      'in a thread, by a client that fills the answer in',
      message({ rel_type: 'm.thread', event_id: '$root', is_falling_back: true, ...reply }, { body: 'yes\nno' }),
      [says('yes', { replyTo: '$q', thread: '$root' }), { ...says('no', { thread: '$root' }), key: '$e#1' }],
    ],
    [
      'in a thread, answering nothing',
      message({ rel_type: 'm.thread', event_id: '$root' }),
      [says('yes', { replyTo: '$root', thread: '$root' })],
    ],
    [
      'an edit says its new content, whole, and never the fallback',
      message(
        { rel_type: 'm.replace', event_id: '$first' },
        { body: '* one\ntwo', 'm.new_content': { msgtype: 'm.text', body: 'one\ntwo' } },
      ),
      [says('one\ntwo', { edits: '$first' })],
    ],
    ['an edit without new content', message({ rel_type: 'm.replace', event_id: '$first' }), []],
    [
      'an edit to nothing',
      message({ rel_type: 'm.replace', event_id: '$first' }, { 'm.new_content': { msgtype: 'm.text', body: ' ' } }),
      [],
    ],
    [
      'an edit of what goes with a picture',
      message(
        { rel_type: 'm.replace', event_id: '$first' },
        {
          'm.new_content': {
            msgtype: 'm.image',
            body: 'the barn',
            filename: 'barn.png',
            url: 'mxc://willow.example/a',
          },
        },
      ),
      [says('the barn', { edits: '$first' })],
    ],
    ['relations that are none', message({ rel_type: 7, event_id: ['$q'], 'm.in_reply_to': 'x' }), [says('yes')]],
    ['a reaction', react('👍'), [{ key: '$e', op: 'network.react', emoji: '👍', removed: false, target: '$q' }]],
    ['a reaction of our own', { ...react('👍'), sender: '@_causeway_home_bob:willow.example' }, []],
    ['a reaction with a sermon', react('x'.repeat(65)), []],
    ['a reaction with nothing', react(' '), []],
    ['a reaction that is none', event('m.reaction', { 'm.relates_to': { event_id: '$q', key: '👍' } }), []],
    [
      'a deletion, in room version 10',
      event('m.room.redaction', { reason: 'wrong\r\nroom' }, { redacts: '$q' }),
      [{ key: '$e', op: 'network.redact', target: '$q', reason: 'wrong room' }],
    ],
    [
      'a deletion, in room version 11',
      event('m.room.redaction', { redacts: '$q' }),
      [{ key: '$e', op: 'network.redact', target: '$q', reason: '' }],
    ],
    ['a deletion of nothing', event('m.room.redaction', { redacts: 7 }), []],
    [
      'a deletion of ours',
      event('m.room.redaction', { redacts: '$q' }, { sender: '@_causeway_bot:willow.example' }),
      [],
    ],
  ];
  for (const [name, given, expected] of CASES) test(name, () => assert.deepEqual(told(given), expected));

  function react(key: string): MatrixEvent {
    return event('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$q', key } });
  }

  test('whatever its relation may be, a message is one row or one row a line, and an edit always one', () => {
    const relates = fc.dictionary(
      fc.constantFrom('rel_type', 'event_id', 'm.in_reply_to', 'key', 'is_falling_back'),
      fc.oneof(
        fc.jsonValue(),
        fc.constantFrom('m.replace', 'm.thread', 'm.annotation', '$q'),
        fc.constant({ event_id: '$q' }),
      ),
    );
    fc.assert(
      fc.property(relates, fc.constantFrom('m.room.message', 'm.reaction', 'm.room.redaction'), (relation, type) => {
        const content = {
          msgtype: 'm.text',
          body: 'a\nb',
          'm.relates_to': relation,
          'm.new_content': { msgtype: 'm.text', body: 'a\nb' },
        };
        const effects = matrixToNetwork(event(type, content), view);
        const edits = effects.filter(({ effect }) => effect.op === 'network.say' && effect.edits !== undefined);
        assert.equal(effects.length, edits.length === 1 ? 1 : type === 'm.room.message' ? 2 : effects.length);
        assert.equal(new Set(effects.map(({ key }) => key)).size, effects.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
