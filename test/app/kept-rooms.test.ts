import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortalTable } from '../../src/app/rooms/portal-table.ts';
import { type Keeping, RoomRules } from '../../src/app/rooms/room-rules.ts';
import { openForTest } from '../db/kit.ts';
import { FakeHomeserver, SERVER } from '../fakes/fake-homeserver.ts';
import { HOME } from '../fakes/fake-network.ts';
import { configOf, kitFor } from '../fakes/fake-world.ts';
import { Life } from '../fakes/life.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

test('into a room that the authority keeps nobody is called whom it does not admit, and no mode changes it', async () => {
  const clock = new ManualClock();
  const fake = new FakeHomeserver(clock);
  const kit = kitFor(await openForTest('sqlite::memory:'), clock, { homeserver: fake.connect(new Life()) });
  const portals = new PortalTable();
  const [channel] = configOf([{ channel: '#members', room: '#members' }]).networks[0]?.channels ?? [];
  assert.ok(channel !== undefined);
  const room = `!members:${SERVER}`;
  portals.setRoom(portals.add(HOME, channel), room);
  fake.happen(room, '@alice:s', 'm.room.join_rules', { join_rule: 'restricted' }, '');
  const keeping = {
    isKept: () => true,
    rooms: { resourceOf: () => 'channel:home/#members' },
    admission: { standingOf: (userId: string) => ({ membership: userId === '@member:s' ? 'may' : 'out' }) },
  } as unknown as Keeping;
  const rules = await RoomRules.open({
    kit,
    portals,
    ghosts: () => ({ idOf: () => '', whoIs: () => undefined }),
    keeping: () => keeping,
  });
  const provenance = { network: HOME, channel: '#members', nick: 'olga', account: null, origin: null } as never;
  for (const userId of ['@member:s', '@stranger:s'])
    assert.equal((await rules.invite({ op: 'matrix.invite', room, userId, letsIn: true, provenance })).ok, true);
  const modes = { moderated: true, topicLocked: false, users: [], subjects: [] };
  await rules.bring({ op: 'matrix.door', room, open: false, rules: modes });
  assert.deepEqual(await rules.news(room, { closed: true, moderated: true }), {});
  assert.deepEqual([...fake.room(room).members], [['@member:s', 'invite']]);
  assert.deepEqual(
    fake.calls.filter((call) => !call.startsWith('invite')),
    [],
  );
});
