import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortalTable } from '../../src/app/rooms/portal-table.ts';
import { type Keeping, RoomRules } from '../../src/app/rooms/room-rules.ts';
import { openForTest } from '../db/kit.ts';
import { BOT, FakeHomeserver, SERVER } from '../fakes/fake-homeserver.ts';
import { HOME } from '../fakes/fake-network.ts';
import { configOf, kitFor } from '../fakes/fake-world.ts';
import { Life } from '../fakes/life.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

async function world() {
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
    invitations: {
      invite: async ({ userId }: { userId: string }) => {
        if (userId !== '@member:s') return { kind: 'refused', text: 'They are no member.' };
        await kit.homeserver.invite(BOT, room, userId);
        return { kind: 'invited' };
      },
    },
  };
  const rules = await RoomRules.open({
    ...{ kit, portals },
    ghosts: () => ({ idOf: () => '', whoIs: () => undefined }),
    keeping: () => keeping as unknown as Keeping,
  });
  return { fake, rules, room, keeping };
}

test('into a room that the authority keeps nobody is called whom it does not admit, and no mode changes it', async () => {
  const { fake, rules, room } = await world();
  const provenance = { network: HOME, channel: '#members', nick: 'olga', account: null, origin: null } as never;
  for (const userId of ['@member:s', '@stranger:s'])
    assert.equal((await rules.invite({ op: 'matrix.invite', room, userId, letsIn: true, provenance })).ok, true);
  const modes = { moderated: true, topicLocked: false, users: [], subjects: [] };
  await rules.bring({ op: 'matrix.door', room, open: false, rules: modes });
  assert.deepEqual(await rules.news(room, { closed: true, moderated: true }), {});
  assert.deepEqual([...fake.room(room).members], [['@member:s', 'invite']]);
  assert.equal(fake.room(room).state.get('m.room.join_rules ')?.content.join_rule, 'restricted');
  assert.deepEqual(
    fake.calls.filter((call) => !call.startsWith('invite')),
    [],
  );
});

test('levels that a channel changed are put back when the authority begins to keep the room', async () => {
  const { fake, rules, room, keeping } = await world();
  keeping.isKept = () => false;
  const levels = { users: { [BOT]: 100 }, events_default: 0 };
  fake.happen(room, BOT, 'm.room.create', { room_version: '11' }, '');
  fake.happen(room, BOT, 'm.room.power_levels', levels, '');
  const modes = { moderated: true, topicLocked: true, users: ['@alice:s'], subjects: [] };
  await rules.bring({ op: 'matrix.door', room, open: false, rules: modes });
  const now = (type: string) => fake.room(room).state.get(`${type} `)?.content;
  assert.deepEqual([now('m.room.power_levels')?.events_default, now('m.room.join_rules')?.join_rule], [1, 'invite']);
  keeping.isKept = () => true;
  await rules.release();
  assert.deepEqual(now('m.room.power_levels'), levels);
  // Who comes in is the plan's to say.
  assert.deepEqual(now('m.room.join_rules'), { join_rule: 'invite' });
});
