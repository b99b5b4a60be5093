import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readSyncAnswer } from '../../src/matrix/sync-answer.ts';

const BOT = '@bot:localhost';
const message = (n: number) => ({
  event_id: `$${n}`,
  sender: '@a:localhost',
  type: 'm.room.message',
  content: {},
  origin_server_ts: n,
});
const ownMember = (n: number, unsigned?: object) => ({
  ...message(n),
  sender: BOT,
  type: 'm.room.member',
  state_key: BOT,
  content: { membership: 'join' },
  ...(unsigned === undefined ? {} : { unsigned }),
});
const joined = (events: unknown, more: object = {}) => ({
  next_batch: 's2',
  rooms: { join: { '!r:localhost': { timeline: { events, ...more } } } },
});
const read = (json: unknown) => {
  const answer = readSyncAnswer(json, BOT, () => undefined);
  return answer && { ...answer, events: answer.events.map((event) => `${event.room_id} ${event.event_id}`) };
};
const nothing = { nextBatch: 's2', events: [], cutRooms: [], invitations: [], ephemeral: [] };

describe('an answer of /sync', () => {
  test('without news moves the position', () => assert.deepEqual(read({ next_batch: 's2' }), nothing));

  test('gives the timelines of rooms we are in and of rooms we left', () => {
    const json = {
      next_batch: 's2',
      rooms: {
        join: { '!r:localhost': { timeline: { events: [message(1), message(2)] } } },
        leave: { '!l:localhost': { timeline: { events: [message(3)] } } },
      },
    };
    assert.deepEqual(read(json), { ...nothing, events: ['!r:localhost $1', '!r:localhost $2', '!l:localhost $3'] });
  });

  test('says which rooms were cut', () => {
    assert.deepEqual(read(joined([message(9)], { limited: true })), {
      ...nothing,
      events: ['!r:localhost $9'],
      cutRooms: ['!r:localhost'],
    });
  });

  test('begins a room at the own join, which is no cut', () => {
    assert.deepEqual(read(joined([message(1), ownMember(2), message(3)], { limited: true })), {
      ...nothing,
      events: ['!r:localhost $2', '!r:localhost $3'],
    });
  });

  test('does not take a new profile for a join', () => {
    assert.deepEqual(read(joined([message(1), ownMember(2, { prev_content: { membership: 'join' } })])), {
      ...nothing,
      events: ['!r:localhost $1', '!r:localhost $2'],
    });
  });

  test('tells who invited the bot', () => {
    const invite = { type: 'm.room.member', state_key: BOT, sender: '@a:localhost', content: { membership: 'invite' } };
    const json = {
      next_batch: 's2',
      rooms: { invite: { '!i:localhost': { invite_state: { events: [{ type: 'm.room.name' }, invite] } } } },
    };
    const invitation = { room: '!i:localhost', by: '@a:localhost' };
    assert.deepEqual(read(json), { ...nothing, invitations: [{ ...invitation, isDirect: false }] });
    Object.assign(invite.content, { is_direct: true });
    assert.deepEqual(read(json), { ...nothing, invitations: [{ ...invitation, isDirect: true }] });
  });

  for (const json of [undefined, null, 3, [], {}, { next_batch: 5 }])
    test(`is none when it is ${JSON.stringify(json)}`, () => assert.equal(read(json), undefined));

  test('never makes us throw, whatever is in it', () => {
    const shape = (depth: number): fc.Arbitrary<unknown> =>
      depth === 0
        ? fc.anything()
        : fc.oneof(
            fc.anything(),
            fc.dictionary(
              fc.constantFrom('join', 'leave', 'invite', '!r:l', 'timeline', 'events', 'ephemeral', 'invite_state'),
              shape(depth - 1),
            ),
          );
    fc.assert(fc.property(shape(4), (rooms) => assert.equal(read({ next_batch: 's', rooms })?.nextBatch, 's')));
  });
});
