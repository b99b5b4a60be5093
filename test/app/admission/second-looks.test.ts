import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RoomModels } from '../../../src/app/admission/room-models.ts';
import { SecondLooks } from '../../../src/app/admission/second-looks.ts';
import type { Kit } from '../../../src/app/kit.ts';
import { fail, ok, type Result } from '../../../src/core/errors.ts';
import type { MatrixEvent } from '../../../src/core/events.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { silentLog } from '../../fakes/silent-log.ts';

const ROOM = '!a:x';
const CALM_MS = 10_000;
const UNDONE_MS = 3_000;

const levels = (eli: number): MatrixEvent & { state_key: string } => ({
  event_id: '',
  room_id: ROOM,
  type: 'm.room.power_levels',
  sender: '@bot:x',
  state_key: '',
  content: { users: { '@eli:x': eli } },
  origin_server_ts: 0,
});
const removed = (userId: string): MatrixEvent & { state_key: string } => ({
  ...levels(0),
  type: 'm.room.member',
  state_key: userId,
  content: { membership: 'leave' },
});

/** A homeserver whose state is said apart from what it answers, and looks that were asked for. */
async function world() {
  const clock = new ManualClock();
  const looks: string[] = [];
  const homeserver = {
    botId: '@bot:x',
    truth: [levels(0)] as readonly (MatrixEvent & { state_key: string })[],
    asked: 0,
    isAway: false,
    state: async () => ok(homeserver.truth),
    stateContent: async (_room: string, type: string, key: string): Promise<Result<unknown>> => {
      homeserver.asked++;
      if (homeserver.isAway) return fail({ code: 'x', text: 'away', retry: 'later', notify: 'log' });
      return ok(homeserver.truth.find((one) => one.type === type && one.state_key === key)?.content);
    },
  };
  const kit = { homeserver, clock, log: silentLog } as unknown as Kit;
  const models = new RoomModels(kit);
  const second = new SecondLooks({
    kit,
    rooms: {
      model: (roomId) => models.known(roomId),
      forget: (roomId) => models.forget(roomId),
      resourceOf: () => 'channel:home/#commons',
    },
    look: (resource, cause) => looks.push(`${resource} ${cause}`),
  });
  const believed = async () => {
    const room = await models.actual(ROOM);
    return room.ok ? room.value.powerLevels?.users : undefined;
  };
  await believed();
  return {
    ...{ clock, homeserver, models, second, looks, believed },
    write: (event: MatrixEvent) => {
      models.did(event);
      second.wrote(event);
    },
  };
}

const LOOK = 'channel:home/#commons read-back';

describe('what was written into a room', () => {
  test('is read back once the room is calm, and nothing follows where it is there', async () => {
    const { clock, homeserver, looks, write } = await world();
    homeserver.truth = [levels(-1)];
    write(levels(-1));
    await clock.pass(CALM_MS - 1);
    write(levels(-1));
    await clock.pass(CALM_MS - 1);
    assert.equal(homeserver.asked, 0);
    await clock.pass(1);
    assert.deepEqual([homeserver.asked, looks], [1, []]);
  });

  test('has the room looked at where the homeserver said yes and did not do it', async () => {
    const { clock, looks, write, believed } = await world();
    write(levels(-1));
    assert.deepEqual(await believed(), { '@eli:x': -1 });
    await clock.pass(CALM_MS);
    assert.deepEqual(looks, [LOOK]);
    assert.deepEqual(await believed(), { '@eli:x': 0 });
  });

  test('has the room looked at where it was read as it was before', async () => {
    const { clock, homeserver, models, looks, write, believed } = await world();
    write(levels(-1));
    // A round reads the room, and the homeserver still answers the state before the write.
    models.forget();
    assert.deepEqual(await believed(), { '@eli:x': 0 });
    homeserver.truth = [levels(-1)];
    await clock.pass(CALM_MS);
    assert.deepEqual(looks, [LOOK]);
    assert.deepEqual(await believed(), { '@eli:x': -1 });
  });

  test('is looked at less and less often where the homeserver never does it', async () => {
    const { clock, looks, write } = await world();
    const atMs: number[] = [];
    for (let tried = 0; tried < 4; tried++) {
      const beganMs = clock.nowMs();
      write(levels(-1));
      await clock.until('the look', () => looks.length > tried);
      atMs.push(clock.nowMs() - beganMs);
    }
    assert.deepEqual(atMs, [CALM_MS, 2 * CALM_MS, 4 * CALM_MS, 8 * CALM_MS]);
  });

  test('is read as a whole where it is much', async () => {
    const { clock, homeserver, looks, write } = await world();
    for (let person = 0; person < 11; person++) write(removed(`@p${person}:x`));
    await clock.pass(CALM_MS);
    assert.deepEqual([homeserver.asked, looks], [0, [LOOK]]);
  });

  test('is read when the homeserver is back where it was away', async () => {
    const { clock, homeserver, looks, write } = await world();
    homeserver.isAway = true;
    write(levels(-1));
    await clock.pass(CALM_MS);
    assert.deepEqual([homeserver.asked, looks], [1, []]);
    homeserver.isAway = false;
    await clock.pass(CALM_MS);
    assert.deepEqual(looks, [LOOK]);
  });
});

test('a removal that the homeserver refused is tried again before the next round', async () => {
  const { clock, second, looks } = await world();
  second.undone(ROOM);
  await clock.pass(UNDONE_MS);
  assert.deepEqual(looks, [LOOK]);
});

test('nobody looks any more after the end', async () => {
  const { clock, second, looks, write } = await world();
  write(levels(-1));
  second.stop();
  await clock.pass(CALM_MS);
  assert.deepEqual(looks, []);
});
