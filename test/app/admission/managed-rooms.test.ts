import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManagedRooms } from '../../../src/app/admission/managed-rooms.ts';
import type { Kit } from '../../../src/app/kit.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import { ok, type Result } from '../../../src/core/errors.ts';
import type { MatrixEvent } from '../../../src/core/events.ts';
import type { ManagedRoom } from '../../../src/core/room/layout.ts';
import { openForTest } from '../../db/kit.ts';
import { FakeHomeserver, SERVER } from '../../fakes/fake-homeserver.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { Life } from '../../fakes/life.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ROOM = '!a:x';
let ids = 0;

const levels = (ada: number): MatrixEvent & { state_key: string } => ({
  event_id: `$${++ids}`,
  room_id: ROOM,
  type: 'm.room.power_levels',
  sender: '@bot:x',
  state_key: '',
  content: { users: { '@ada:x': ada } },
  origin_server_ts: 0,
});

/** A homeserver that answers when it is told to. */
function world() {
  const asked: ((state: readonly MatrixEvent[]) => void)[] = [];
  const state = (): Promise<Result<readonly MatrixEvent[]>> =>
    new Promise((resolve) => asked.push((events) => resolve(ok(events))));
  const kit = { homeserver: { botId: '@bot:x', state } } as unknown as Kit;
  const rooms = new ManagedRooms({ kit, portals: {} as PortalTable });
  const levelOf = async (): Promise<unknown> => {
    const room = await rooms.actual(ROOM);
    return room.ok && room.value.powerLevels?.users;
  };
  return { asked, rooms, levelOf };
}

describe('how a kept room stands', () => {
  test('is asked once by all who ask at the same time, so that no older answer comes last', async () => {
    const { asked, levelOf } = world();
    const both = [levelOf(), levelOf()];
    assert.equal(asked.length, 1);
    asked[0]?.([levels(50)]);
    assert.deepEqual(await Promise.all(both), [{ '@ada:x': 50 }, { '@ada:x': 50 }]);
  });

  test('holds what was told while it was read', async () => {
    const { asked, rooms, levelOf } = world();
    const reading = levelOf();
    rooms.did({ ...levels(-1), event_id: '' });
    asked[0]?.([levels(0)]);
    assert.deepEqual(await reading, { '@ada:x': -1 });
    assert.deepEqual(await levelOf(), { '@ada:x': -1 });
  });

  test('is read again where it was forgotten while it was read', async () => {
    const { asked, rooms, levelOf } = world();
    const first = levelOf();
    rooms.forget();
    const second = levelOf();
    assert.equal(asked.length, 2);
    asked[1]?.([levels(-1)]);
    await second;
    asked[0]?.([levels(0)]);
    await first;
    assert.deepEqual(await levelOf(), { '@ada:x': -1 });
    assert.equal(asked.length, 2);
  });

  test('is made anew, also after a restart, once the homeserver does not know it any more', async () => {
    const clock = new ManualClock();
    const fake = new FakeHomeserver(clock);
    const kit = kitFor(await openForTest('sqlite::memory:'), clock, { homeserver: fake.connect(new Life()) });
    const space = { id: 'space', kind: 'space', name: 'Willow', alias: `#willow:${SERVER}`, federate: true } as const;
    const wanted = { ...space, join: { rule: 'public' } } as unknown as ManagedRoom;
    const opened = async (): Promise<ManagedRooms> => {
      const rooms = new ManagedRooms({ kit, portals: new PortalTable() });
      await rooms.load();
      rooms.configure([wanted]);
      return rooms;
    };
    const rooms = await opened();
    const first = await rooms.ensure(wanted);
    assert.ok(first.ok);
    fake.loseRoom(first.value);
    const read = await rooms.actual(first.value);
    assert.deepEqual([read.ok, rooms.resourceOf(first.value)], [false, undefined]);
    assert.equal((await opened()).roomIdOf('space'), undefined);
    const second = await rooms.ensure(wanted);
    assert.ok(second.ok);
    assert.notEqual(second.value, first.value);
    assert.deepEqual([...fake.rooms.keys()], [second.value]);
    assert.equal((await opened()).roomIdOf('space'), second.value);
  });
});
