import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RosterEntry } from '../../src/ports/network.ts';
import { UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { CHANNEL, configOf, FakeWorld } from '../fakes/fake-world.ts';
import { whisper } from './direct/whispers.ts';

const ghostOf = (nick: string): string => `@_causeway_home_${nick}:willow.example`;
const here = (nick: string): RosterEntry => ({ nick, account: null });
const gone = (nick: string, away: string): RosterEntry => ({ nick, account: null, away });

async function running(presence: object = { toMatrix: true, toNetwork: false }, mapping: object = {}) {
  const world = await FakeWorld.make();
  const config = configOf([{ channel: CHANNEL, room: '#commons', ...mapping }]);
  world.config = { ...config, networks: config.networks.map((one) => ({ ...one, presence })) } as typeof config;
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  return world;
}

/** People of the channel who stand in the room. */
async function talking(world: FakeWorld, ...nicks: readonly string[]): Promise<void> {
  world.network.sink?.roster(CHANNEL, { kind: 'list', members: nicks.map(here) });
  for (const nick of nicks) world.onIrc(nick, 'hello');
  await world.clock.until('they are heard', () => world.isQuiet());
  await world.clock.pass(60_000);
}

const shown = (world: FakeWorld): object => Object.fromEntries(world.homeserver.presences);
const told = (world: FakeWorld): number =>
  world.homeserver.calls.filter((call) => call.startsWith('setPresence')).length;
const eventsOf = (world: FakeWorld): number => world.events.length;

describe('who of a network is there', () => {
  test('shows on their ghost: there, away with a text, back, gone; and nothing of it in the room', async () => {
    const world = await running();
    await talking(world, 'bob');
    const states: object[] = [shown(world)];
    const before = eventsOf(world);
    for (const change of [
      { kind: 'away', member: gone('bob', 'lunch \x02now\x02') },
      { kind: 'away', member: here('bob') },
      { kind: 'leave', member: here('bob'), netsplit: false },
    ] as const) {
      world.network.sink?.roster(CHANNEL, change);
      await world.clock.pass(10_000);
      states.push(shown(world));
    }
    const bob = ghostOf('bob');
    assert.deepEqual(states, [
      { [bob]: { state: 'online' } },
      { [bob]: { state: 'unavailable', status: 'lunch now' } },
      { [bob]: { state: 'online' } },
      { [bob]: { state: 'offline' } },
    ]);
    assert.equal(eventsOf(world), before);
  });

  test('is nobody’s business where the configuration does not ask for it, and silent in the room as well', async () => {
    const world = await running({ toMatrix: false, toNetwork: true });
    await talking(world, 'bob');
    const before = eventsOf(world);
    world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone('bob', 'lunch') });
    await world.clock.pass(60_000);
    const asked = world.homeserver.calls.filter((call) => call.includes('resence'));
    assert.deepEqual([asked, eventsOf(world)], [[], before]);
  });

  test('is not told of people who stand in no room', async () => {
    const world = await running();
    const members = Array.from({ length: 1_000 }, (_, index) => gone(`nick${index}`, 'night'));
    world.network.sink?.roster(CHANNEL, { kind: 'list', members });
    for (const member of members) world.network.sink?.roster(CHANNEL, { kind: 'away', member });
    await world.clock.pass(600_000);
    assert.deepEqual([told(world), shown(world)], [0, {}]);
  });

  test('of a crowd that comes and goes, is told at a few a second, of each the last state alone', async () => {
    const world = await running();
    const nicks = Array.from({ length: 100 }, (_, index) => `nick${index}`);
    await talking(world, ...nicks);
    const before = told(world);
    for (let round = 0; round < 20; round++)
      for (const nick of nicks) {
        world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone(nick, `round ${round}`) });
        if (round < 19) world.network.sink?.roster(CHANNEL, { kind: 'away', member: here(nick) });
      }
    await world.clock.pass(10_000);
    const after10s = told(world) - before;
    await world.clock.pass(60_000);
    const last = nicks.map((nick) => [ghostOf(nick), { state: 'unavailable', status: 'round 19' }]);
    assert.ok(after10s <= 50, `${after10s} in 10 s`);
    assert.deepEqual([told(world) - before, shown(world)], [100, Object.fromEntries(last)]);
  });

  test('is not told again after a restart; whoever went meanwhile is', async () => {
    const world = await running();
    await talking(world, 'bob', 'carol', 'dave');
    world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone('bob', 'lunch') });
    await world.clock.pass(10_000);
    world.kill();
    await world.start();
    const before = told(world);
    // What people said when they went is not in the server's list.
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: [gone('bob', ''), here('carol')] });
    await world.clock.pass(30_000);
    assert.deepEqual(
      [told(world) - before, shown(world)],
      [
        1,
        {
          [ghostOf('bob')]: { state: 'unavailable', status: 'lunch' },
          [ghostOf('carol')]: { state: 'online' },
          [ghostOf('dave')]: { state: 'offline' },
        },
      ],
    );
  });

  test('shows in private conversations, too, of whoever is seen in a channel', async () => {
    const world = await running();
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: ['carol', 'dave'].map(here) });
    whisper(world, 'psst');
    await world.clock.until('it is heard', () => world.isQuiet());
    whisper(world, 'are you there?');
    await world.clock.pass(30_000);
    const states: object[] = [shown(world)];
    for (const nick of ['carol', 'dave'])
      world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone(nick, 'lunch') });
    await world.clock.pass(10_000);
    states.push(shown(world));
    const carol = ghostOf('carol');
    assert.deepEqual(states, [
      { [carol]: { state: 'online' } },
      { [carol]: { state: 'unavailable', status: 'lunch' } },
    ]);
  });

  test('is told of nobody who does not want to be bridged', async () => {
    const world = await running();
    await talking(world, 'bob');
    await world.network.sink?.asked(here('bob'), 'optout');
    world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone('bob', 'lunch') });
    await world.clock.pass(10_000);
    // Their ghost stands in no room any more, and what it shows is what it showed.
    assert.deepEqual(
      [shown(world), world.homeserver.room(world.room).members.get(ghostOf('bob'))],
      [{ [ghostOf('bob')]: { state: 'online' } }, 'leave'],
    );
  });

  test('stays as it is in a netsplit', async () => {
    const world = await running();
    await talking(world, 'bob');
    world.network.sink?.roster(CHANNEL, { kind: 'leave', member: here('bob'), netsplit: true });
    await world.clock.pass(60_000);
    assert.deepEqual(shown(world), { [ghostOf('bob')]: { state: 'online' } });
  });

  test('is nobody after the network was away for ten minutes, and as it is then once it is back', async () => {
    const world = await running();
    await talking(world, 'bob');
    world.network.goDown(5 * 60_000);
    await world.clock.pass(8 * 60_000);
    const short = shown(world);
    world.network.goDown(30 * 60_000);
    await world.clock.pass(20 * 60_000);
    const long = shown(world);
    await world.clock.pass(15 * 60_000);
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: [gone('bob', 'lunch')] });
    await world.clock.pass(10_000);
    assert.deepEqual(
      [short, long, shown(world)].map((all) => Object.values(all)[0]),
      [{ state: 'online' }, { state: 'offline' }, { state: 'unavailable', status: 'lunch' }],
    );
  });

  test('is told when the homeserver is back, as it is then', async () => {
    const world = await running();
    await talking(world, 'bob');
    world.homeserver.reachable = false;
    world.homeserver.fault = ({ name }) =>
      name === 'setPresence' ? { kind: 'failed', error: UNREACHABLE } : undefined;
    world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone('bob', 'lunch') });
    await world.clock.pass(30_000);
    world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone('bob', 'dinner') });
    world.homeserver.fault = () => undefined;
    await world.clock.pass(30_000);
    assert.deepEqual(shown(world), { [ghostOf('bob')]: { state: 'unavailable', status: 'dinner' } });
  });

  test('of one whom the homeserver refuses holds no other up for long', async () => {
    const world = await running();
    await talking(world, 'bob', 'carol');
    world.homeserver.fault = ({ name, as }) =>
      name === 'setPresence' && as === ghostOf('bob') ? { kind: 'failed', error: UNREACHABLE } : undefined;
    const before = told(world);
    for (const nick of ['bob', 'carol'])
      world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone(nick, 'lunch') });
    await world.clock.pass(60_000);
    assert.deepEqual(
      [told(world) - before, shown(world)],
      [4, { [ghostOf('bob')]: { state: 'online' }, [ghostOf('carol')]: { state: 'unavailable', status: 'lunch' } }],
    );
  });

  test('is asked for in vain of a homeserver that keeps no presence: it is said once, and left alone', async () => {
    const world = await running();
    world.homeserver.keepsPresence = false;
    await talking(world, 'bob', 'carol', 'dave');
    for (let i = 0; i < 10; i++) {
      world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone('bob', `${i}`) });
      await world.clock.pass(60_000);
    }
    const said = world.log.lines.filter((line) => line.includes('keeps no presence'));
    const { notes = [] } = (await world.bridge?.status.report())?.bridge ?? {};
    const inStatus = notes.filter((note) => note.includes('keeps no presence'));
    assert.deepEqual([told(world), said.length, inStatus.length], [1, 1, 1]);
    world.homeserver.keepsPresence = true;
    await world.clock.pass(30 * 60_000);
    world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone('bob', 'late') });
    await world.clock.pass(60_000);
    assert.deepEqual(shown(world), { [ghostOf('bob')]: { state: 'unavailable', status: 'late' } });
  });

  test('never delays a line, however many wait to be told of', async () => {
    const world = await running();
    const nicks = Array.from({ length: 50 }, (_, index) => `nick${index}`);
    await talking(world, ...nicks);
    world.homeserver.fault = ({ name }) => (name === 'setPresence' ? { kind: 'slow', ms: 20_000 } : undefined);
    for (const nick of nicks) world.network.sink?.roster(CHANNEL, { kind: 'away', member: gone(nick, 'x') });
    await world.clock.pass(5_000);
    const fromMs = world.clock.nowMs();
    world.onIrc('nick7', 'a line');
    await world.clock.until('it is said', () => world.homeserver.saidIn(world.room).includes('a line'));
    assert.ok(world.clock.nowMs() - fromMs < 1_000);
  });
});
