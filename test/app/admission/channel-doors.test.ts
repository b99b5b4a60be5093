import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Admission } from '../../../src/app/admission/admission.ts';
import { ChannelDoors, type ChannelDoorsParts } from '../../../src/app/admission/channel-doors.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import type { Resource } from '../../../src/core/authority/access.ts';
import { ok } from '../../../src/core/errors.ts';
import type { AuditEntry } from '../../../src/ports/audit.ts';
import type { ChannelGuard, Network } from '../../../src/ports/network.ts';
import { openForTest } from '../../db/kit.ts';
import { HOME } from '../../fakes/fake-network.ts';
import { configOf, kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const CHANNEL = '#board';

/** A channel with one coordinator in it, after its door was set. */
async function afterSetting(t: TestContext, isRecorded: boolean) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const given: string[] = [];
  const records: string[] = [];
  const guard = {
    mayAct: () => true,
    members: () => [{ nick: 'cara', account: 'cara' }],
    setDoor: async () => ok(undefined),
    setStatus: async (_channel: string, nick: string, status: string, mayGive: () => Promise<boolean>) => {
      if (await mayGive()) given.push(`+${status} ${nick}`);
      return ok(undefined);
    },
  } as unknown as ChannelGuard;
  const network = { id: HOME, guard, fold: (name: string) => name } as unknown as Network;
  const kit = kitFor(db, new ManualClock(), { networks: new Map([[HOME, network]]) });
  const portals = new PortalTable();
  const [channel] = configOf([{ channel: CHANNEL, room: CHANNEL, guard: true }]).networks[0]?.channels ?? [];
  assert.ok(channel !== undefined);
  const portal = portals.add(HOME, channel);
  portals.setRoom(portal, '!board:x');
  const resource = { id: `channel:${portal.id}`, kind: 'channel', label: CHANNEL, require: 'member' } as Resource;
  const admission = {
    resourceOf: () => resource,
    networkUser: () => ({ kind: 'found', value: {} }),
    standingFor: () => ({ membership: 'in', ircStatus: 'o', why: 'A coordinator.', revision: 7 }),
    accountsOn: () => [],
  } as unknown as Admission;
  const write = async (entries: readonly AuditEntry[]): Promise<boolean> => {
    records.push(...entries.map(({ phase, action, subject, result }) => [phase, action, subject, result].join(' ')));
    return isRecorded;
  };
  const doors = new ChannelDoors({
    ...{ kit, portals, admission, audit: { problem: undefined, write, close: async () => {} } },
    ...{ mode: () => 'enforce', calm: async () => {}, otherBans: () => [], assuranceOf: () => 'local' },
  } as unknown as ChannelDoorsParts);
  await doors.keep(resource, 'test');
  await (kit.clock as ManualClock).until('the door is set', () => records.length >= (isRecorded ? 2 : 1));
  return { given, records: records.map((record) => record.trim()) };
}

test('status that is given in a channel is recorded before and after', async (t) => {
  assert.deepEqual(await afterSetting(t, true), {
    given: ['+o cara'],
    records: ['intent irc.op irc-account home cara', 'outcome irc.op irc-account home cara done'],
  });
});

test('and is not given where it cannot be recorded', async (t) => {
  assert.deepEqual(await afterSetting(t, false), { given: [], records: ['intent irc.op irc-account home cara'] });
});
