import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RoomModels } from '../../../src/app/admission/room-models.ts';
import type { Kit } from '../../../src/app/kit.ts';
import { ok, type Result } from '../../../src/core/errors.ts';
import type { MatrixEvent } from '../../../src/core/events.ts';

const ROOM = '!a:x';
const BOT = '@bot:x';
let ids = 0;

type State = MatrixEvent & { state_key: string };

const event = (atMs: number, sender: string, type: string, state_key: string, content: object): State => ({
  event_id: `$${++ids}`,
  room_id: ROOM,
  origin_server_ts: atMs,
  ...{ sender, type, state_key, content: content as Record<string, unknown> },
});
const levels = (atMs: number, ada: number, sender = BOT): State =>
  event(atMs, sender, 'm.room.power_levels', '', { users: { '@ada:x': ada } });
const member = (atMs: number, membership: string, sender = '@ada:x'): State =>
  event(atMs, sender, 'm.room.member', '@ada:x', { membership });
const done = (one: State): State => ({ ...one, event_id: '' });

/** A homeserver with one room, whose state it tells as it is when it is asked. */
function world(...first: State[]) {
  let state: readonly State[] = first;
  let reads = 0;
  const read = async (): Promise<Result<readonly MatrixEvent[]>> => {
    reads++;
    return ok(state);
  };
  const models = new RoomModels({ homeserver: { botId: BOT, state: read } } as unknown as Kit);
  const now = async () => {
    const room = await models.actual(ROOM);
    const { users } = (room.ok ? room.value.powerLevels : undefined) ?? {};
    return { levels: users, ada: room.ok ? room.value.members.get('@ada:x')?.membership : undefined, reads };
  };
  return {
    models,
    now,
    stands: (...next: State[]) => {
      state = next;
    },
  };
}

describe('how a room stands, by what is read and what is told', () => {
  test('follows what is told, without being read again', async () => {
    const { models, now } = world(levels(1, 0), member(1, 'join'));
    await now();
    models.did(done(levels(2, -1)));
    assert.deepEqual(await now(), { levels: { '@ada:x': -1 }, ada: 'join', reads: 1 });
    assert.deepEqual([models.seen(levels(2, -1)), models.seen(member(3, 'leave'))], ['same', 'news']);
    assert.deepEqual(await now(), { levels: { '@ada:x': -1 }, ada: 'leave', reads: 1 });
  });

  test('knows what we do by its event, where that comes before the answer; what somebody did behind it is newer', async () => {
    const { models, now } = world(levels(1, 0), member(1, 'leave'));
    await now();
    const invited = member(5, 'invite', BOT);
    const ended = models.begins(done(invited));
    assert.deepEqual([models.seen(invited), models.seen(member(6, 'join'))], ['news', 'news']);
    models.did(done(member(9, 'invite', BOT)));
    ended();
    assert.deepEqual(await now(), { levels: { '@ada:x': 0 }, ada: 'join', reads: 1 });
    // Of what we did not begin nobody knows where it comes from.
    assert.equal(models.seen(member(10, 'invite', BOT)), 'unsure');
  });

  test('each event counts once, whichever way it comes first', async () => {
    const { models, now } = world(levels(1, 0));
    await now();
    const came = member(2, 'join');
    assert.deepEqual([models.seen(came), models.seen(came)], ['news', 'known']);
  });

  test('an event that comes after what is newer is no news: the room is read again', async () => {
    const { models, now, stands } = world(levels(5, -1), member(5, 'join', '@ada:x'));
    await now();
    assert.equal(models.seen(member(3, 'leave')), 'unsure');
    stands(levels(5, -1), member(6, 'join'));
    assert.deepEqual(await now(), { levels: { '@ada:x': -1 }, ada: 'join', reads: 2 });
    assert.deepEqual(await now(), { levels: { '@ada:x': -1 }, ada: 'join', reads: 2 });
  });

  test('an event of ours that says something else than we believe has the room read again', async () => {
    const silenced = levels(5, -1);
    const { models, now, stands } = world(levels(1, 0));
    await now();
    models.did(done(silenced));
    // Read again, and told what was before.
    models.forget();
    assert.deepEqual((await now()).levels, { '@ada:x': 0 });
    stands(silenced);
    assert.equal(models.seen(silenced), 'unsure');
    assert.deepEqual((await now()).levels, { '@ada:x': -1 });
  });

  test('what came late while it was read is not put over what was read', async () => {
    const { models, now } = world(levels(5, -1));
    const reading = now();
    models.seen(levels(2, 50, '@ada:x'));
    assert.deepEqual((await reading).levels, { '@ada:x': -1 });
    assert.deepEqual(await now(), { levels: { '@ada:x': -1 }, ada: undefined, reads: 2 });
  });

  test('is meant as it was until it was read again: others who plan meanwhile know who left', async () => {
    const { models, now } = world(levels(1, 0), member(1, 'leave'));
    await now();
    models.forget(ROOM);
    assert.equal(models.known(ROOM)?.members.get('@ada:x')?.membership, 'leave');
    assert.equal((await now()).reads, 2);
  });
});
