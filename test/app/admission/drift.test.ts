import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { againstAuthority, Drift } from '../../../src/app/admission/drift.ts';
import type { ManagedRooms } from '../../../src/app/admission/managed-rooms.ts';
import type { Seen } from '../../../src/app/admission/room-models.ts';
import type { MatrixEvent } from '../../../src/core/events.ts';

let seen: Seen = 'news';
const rooms = {
  resourceOf: () => 'channel:home/#a',
  seen: () => seen,
  follow: () => {},
  below: () => [],
} as unknown as ManagedRooms;
const drift = new Drift(rooms, '@bot:x', (userId) => userId.startsWith('@_'));

/** What is said in the admin room of an event whose look takes somebody out, or only changes something else. */
function said(sender: string, who: string, membership: string): readonly (string | undefined)[] {
  const found = drift.of({
    event_id: '$1',
    room_id: '!a:x',
    type: 'm.room.member',
    sender,
    state_key: who,
    content: { membership },
    origin_server_ts: 0,
  } satisfies MatrixEvent);
  return [true, false].map((takesOut) => againstAuthority(found?.cause ?? '', takesOut));
}

describe('what people do to a kept room', () => {
  test('is said where it was against the authority', () => {
    assert.deepEqual(said('@ada:x', '@bea:x', 'invite'), Array(2).fill('@ada:x invited @bea:x.'));
    assert.deepEqual(said('@ada:x', '@bea:x', 'leave'), Array(2).fill('@ada:x removed @bea:x.'));
  });

  test('is no drift where somebody came in who may: their power follows, and nothing is said', () =>
    assert.deepEqual(said('@eli:x', '@eli:x', 'join'), ['@eli:x came in.', undefined]));

  test('is nothing where it was us', () => {
    assert.deepEqual(said('@bot:x', '@bea:x', 'leave'), [undefined, undefined]);
    assert.deepEqual(said('@_home_bo:x', '@_home_bo:x', 'join'), [undefined, undefined]);
  });

  test('is looked at, and is nobody’s doing, where an event of ours does not go with what is known of the room', () => {
    const echo = {
      event_id: '$2',
      room_id: '!a:x',
      type: 'm.room.power_levels',
      sender: '@bot:x',
      state_key: '',
      content: {},
      origin_server_ts: 0,
    } satisfies MatrixEvent;
    assert.equal(drift.of(echo), undefined);
    seen = 'unsure';
    assert.deepEqual(drift.of(echo), { resources: ['channel:home/#a'], cause: 'echo' });
    seen = 'news';
    assert.equal(againstAuthority('echo', true), undefined);
  });

  test('is not what others look for', () => {
    assert.deepEqual(
      ['authority@7', 'timer', 'reconcile', '@ada:x'].map((cause) => againstAuthority(cause, true)),
      Array(4).fill(undefined),
    );
  });
});
