import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admission } from '../../../src/app/admission/admission.ts';
import type { Caution } from '../../../src/app/admission/caution.ts';
import { KeepSteps } from '../../../src/app/admission/keep-steps.ts';
import { ManagedRooms } from '../../../src/app/admission/managed-rooms.ts';
import { RoomKeeper, type RoomKeeperParts } from '../../../src/app/admission/room-keeper.ts';
import type { LaneQueue } from '../../../src/app/lanes/lane.ts';
import type { Lanes } from '../../../src/app/lanes/lanes.ts';
import type { Entry, Ledger } from '../../../src/app/lanes/ledger.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import type { Resource } from '../../../src/core/authority/access.ts';
import type { Standing } from '../../../src/core/authority/standing.ts';
import type { BridgeError } from '../../../src/core/errors.ts';
import { fail, ok } from '../../../src/core/errors.ts';
import { makeRoomLaneId } from '../../../src/core/ids.ts';
import type { ManagedRoom } from '../../../src/core/room/layout.ts';
import { noAudit } from '../../../src/ports/audit.ts';
import type { OutboxRow } from '../../../src/ports/stores.ts';
import { openForTest } from '../../db/kit.ts';
import { BOT, FakeHomeserver } from '../../fakes/fake-homeserver.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { Life } from '../../fakes/life.ts';
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

const SPACE: ManagedRoom = {
  ...{ id: 'space:coop', kind: 'space', alias: '#willow:x', name: 'Willow', order: '1' },
  ...{ join: { rule: 'invite' }, federate: true, acl: false, servers: [], readOnly: false, hidden: false },
};
const COOP: Resource = {
  ...{ id: SPACE.id, kind: 'space', label: 'Willow', groupState: 'active', require: 'member', staleness: 'members' },
};
const ELI = '@eli:x';

/** A Space in which somebody is silenced who may speak again, and two who were removed may come back. */
async function keptSpace() {
  const clock = new ManualClock();
  const fake = new FakeHomeserver(clock);
  const kit = kitFor(await openForTest('sqlite::memory:'), clock, { homeserver: fake.connect(new Life()) });
  const roomId = '!space:x';
  const levels = {
    ...{ users: { [BOT]: 100, [ELI]: -1 }, users_default: 0, events_default: 0, state_default: 50 },
    ...{ invite: 50, kick: 50, ban: 50, redact: 50 },
  };
  fake.happen(roomId, '@founder:x', 'm.room.create', { room_version: '11', type: 'm.space' }, '');
  fake.happen(roomId, BOT, 'm.room.member', { membership: 'join' }, BOT);
  fake.happen(roomId, BOT, 'm.room.power_levels', levels, '');
  fake.happen(roomId, BOT, 'm.room.join_rules', { join_rule: 'invite' }, '');
  fake.happen(roomId, ELI, 'm.room.member', { membership: 'join' }, ELI);
  await kit.db.transaction((sql) => kit.stores.cursor.set(sql, `managed:${SPACE.id}`, roomId));
  const rooms = new ManagedRooms({ kit, portals: new PortalTable() });
  await rooms.load();
  rooms.configure([SPACE]);
  const standing: Standing = {
    ...{ membership: 'in', power: 0, speaks: true, puppet: true, ircStatus: '', code: 'admitted' },
    ...{ why: 'A member.', revision: 1 },
  };
  const admission = {
    resource: () => COOP,
    standingOf: () => standing,
    matrixIds: () => [ELI],
    isExempt: () => false,
    isKnown: () => true,
    stillWants: () => true,
  } as unknown as Admission;
  const waiting: OutboxRow[] = [];
  const write = async (work: (entry: Entry) => Promise<unknown>): Promise<void> => {
    let effects: readonly { effect: object }[] = [];
    const enqueue = async (_lane: string, rows: readonly { effect: object }[]): Promise<void> => {
      effects = rows;
    };
    await work({ enqueue, nextId: () => 1 } as unknown as Entry);
    for (const { effect } of effects)
      waiting.push({ id: waiting.length + 1, payload: JSON.stringify(effect) } as unknown as OutboxRow);
  };
  const steps = new KeepSteps({
    ...{ kit, audit: noAudit, subjectOf: (userId: string) => userId, refusal: async () => undefined },
    onBegin: (event) => rooms.begins(event),
    onDone: (event) => rooms.did(event),
    onUndone: () => {},
  });
  const caution = { isEnforcing: true, holds: async () => false, minds: async () => false, kept: async () => {} };
  const keeper: RoomKeeper = new RoomKeeper({
    ...{ kit, rooms, admission, steps, hasAuthority: true, isOurs: (userId: string) => userId === BOT },
    ledger: { write } as unknown as Ledger,
    lanes: () => ({ stopping: false, pause: async () => {} }) as unknown as Lanes,
    doors: {} as RoomKeeperParts['doors'],
    caution: { ...caution, isHeld: () => false } as unknown as Caution,
    reports: { say: () => {} } as unknown as RoomKeeperParts['reports'],
    onKept: () => {},
  });
  const queue = {
    id: makeRoomLaneId(SPACE.id),
    peek: async (count: number) => waiting.slice(0, count),
    take: (id: number) => {
      waiting.splice(
        waiting.findIndex((row) => row.id === id),
        1,
      );
    },
  } as unknown as LaneQueue;
  const levelOf = () =>
    (fake.room(roomId).state.get('m.room.power_levels ')?.content.users as object | undefined) ?? {};
  return { fake, keeper, levelOf, drive: () => keeper.drive(queue) };
}

test('what was planned for a room and left out, since a few went before it, is planned anew, whoever is asked for next', async () => {
  const { fake, keeper, levelOf, drive } = await keptSpace();
  // While the room is read something becomes known of somebody; during the last step, once more.
  const moments = ['state', 'invite', 'invite'];
  fake.fault = ({ name }) => {
    if (name !== moments[0]) return undefined;
    moments.shift();
    if (moments.length !== 1) void keeper.look([SPACE.id], 'later', ['@gus:x']);
    return undefined;
  };
  await keeper.look([SPACE.id], 'first', [ELI, '@fay:x']);
  await drive();
  assert.deepEqual(levelOf(), { [BOT]: 100 });
});
