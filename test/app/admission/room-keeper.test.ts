import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomKeeper, type RoomKeeperParts } from '../../../src/app/admission/room-keeper.ts';
import type { LaneQueue } from '../../../src/app/lanes/lane.ts';
import type { BridgeError } from '../../../src/core/errors.ts';
import { fail, ok } from '../../../src/core/errors.ts';
import { makeRoomLaneId } from '../../../src/core/ids.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ROOM = 'channel:home/#board';

/** A keeper after one look at a room that the homeserver does not let it read. */
async function afterFailing(retry: BridgeError['retry']) {
  const said: string[] = [];
  const lanes = {
    stopping: false,
    pause: async () => {
      lanes.stopping = true;
    },
  };
  const parts = {
    kit: kitFor(await openForTest('sqlite::memory:'), new ManualClock()),
    lanes: () => lanes,
    rooms: {
      get: () => ({ id: ROOM, kind: 'channel', name: '#board' }),
      roomIdOf: () => '!board:x',
      ensure: async () => ok('!board:x'),
      actualWithAbove: async () => fail({ code: 'matrix.refused', text: 'M_FORBIDDEN.', retry, notify: 'log' }),
    },
    reports: { say: (text: string) => said.push(text) },
    hasAuthority: false,
  } as unknown as RoomKeeperParts;
  const keeper = new RoomKeeper(parts);
  const row = { id: 1, payload: JSON.stringify({ op: 'room.reconcile', resource: ROOM, cause: 'timer' }) };
  await keeper.drive({ id: makeRoomLaneId(ROOM), peek: async () => [row] } as unknown as LaneQueue);
  return { lost: keeper.lost(ROOM), said };
}

test('a room that the bot may not read any more is not kept: nothing is relayed to whom nobody could take out', async () => {
  const { lost, said } = await afterFailing('never');
  assert.equal(lost, 'it cannot be read: M_FORBIDDEN.');
  assert.match(said[0] ?? '', /^#board: it cannot be read: M_FORBIDDEN\. Until then nothing is relayed/);
});

test('a homeserver that is away for a while changes nothing', async () => {
  assert.deepEqual(await afterFailing('later'), { lost: undefined, said: [] });
});
