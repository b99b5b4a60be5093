import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LineGate, Speaker, Verdict } from '../../src/app/gates/line-gate.ts';
import { admittedBy } from '../../src/app/people/rosters.ts';
import type { Portal } from '../../src/app/rooms/portal-table.ts';
import type { RosterEntry } from '../../src/ports/network.ts';
import { FORBIDDEN } from '../fakes/fake-homeserver.ts';
import { CHANNEL, configOf, FakeWorld } from '../fakes/fake-world.ts';

const people = (count: number): RosterEntry[] =>
  Array.from({ length: count }, (_, index) => ({ nick: `nick${index}`, account: null }));
const ghostOf = (nick: string): string => `@_causeway_home_${nick}:willow.example`;

async function running(mapping: object = {}): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  world.config = configOf([{ channel: CHANNEL, room: '#commons', ...mapping }]);
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  return world;
}

const ghostsIn = (world: FakeWorld): string[] =>
  [...world.homeserver.room(world.room).members]
    .filter(([userId, membership]) => userId.startsWith('@_causeway_home_') && membership === 'join')
    .map(([userId]) => userId)
    .sort();

const callsOf = (world: FakeWorld, name: string): string[] =>
  world.homeserver.calls.filter((call) => call.startsWith(`${name} @_causeway_home_`));

describe('who of a channel is in its room', () => {
  test('whoever spoke, silenced before joining, and nobody else', async () => {
    const world = await running();
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(100) });
    world.onIrc('nick3', 'hello');
    await world.clock.until('it is said', () => world.isQuiet());
    await world.clock.pass(10_000);
    const steps = world.homeserver.calls
      .filter((call) => call.includes(ghostOf('nick3')))
      .map((call) => call.split(' ')[0]);
    assert.deepEqual(
      [ghostsIn(world), steps],
      [[ghostOf('nick3')], ['register', 'silence', 'setDisplayName', 'join', 'send']],
    );
  });

  test('everybody, where the mapping asks for that, below its cap and one after another', async () => {
    const world = await running({ ghosts: 'all', ghostsCap: 20 });
    let atOnce = 0;
    let most = 0;
    world.homeserver.fault = ({ name }) => {
      if (name !== 'join') return undefined;
      most = Math.max(most, ++atOnce);
      world.clock.after(40, () => atOnce--);
      return { kind: 'slow', ms: 40 };
    };
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(50) });
    await world.clock.until('twenty joined', () => ghostsIn(world).length === 20);
    await world.clock.pass(60_000);
    assert.deepEqual([ghostsIn(world).length, most], [20, 1]);
  });

  test('everybody, the next being registered, silenced and named while one joins', async () => {
    const world = await running({ ghosts: 'all' });
    const steps: string[] = [];
    world.homeserver.fault = ({ name, as }) => {
      steps.push(`${name} ${as ?? ''}`);
      return name === 'join' ? { kind: 'slow', ms: 1_000 } : undefined;
    };
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(2) });
    await world.clock.until('one joined', () => ghostsIn(world).length === 1);
    const before = world.homeserver.calls
      .filter((call) => call.includes(ghostOf('nick1')))
      .map((call) => call.split(' ')[0]);
    await world.clock.until('both joined', () => ghostsIn(world).length === 2);
    assert.deepEqual(
      [before.slice(0, 3), callsOf(world, 'register').length, callsOf(world, 'silence').length],
      [['register', 'silence', 'setDisplayName'], 2, 2],
    );
  });

  test('everybody, with rests between the joins while people on Matrix talk', async () => {
    const world = await running({ ghosts: 'all' });
    world.homeserver.fault = ({ name }) => (name === 'join' ? { kind: 'slow', ms: 100 } : undefined);
    const joinAll = async (nicks: RosterEntry[]): Promise<number> => {
      const wanted = ghostsIn(world).length + nicks.length;
      const fromMs = world.clock.nowMs();
      for (const member of nicks) world.network.sink?.roster(CHANNEL, { kind: 'join', member });
      await world.clock.until('all joined', () => ghostsIn(world).length === wanted);
      return world.clock.nowMs() - fromMs;
    };
    const inSilenceMs = await joinAll(people(10).slice(0, 5));
    world.onMatrix('@p1:willow.example', 'who are they?');
    await world.clock.until('it is said', () => world.isQuiet());
    const inTalkMs = await joinAll(people(10).slice(5));
    assert.equal(inTalkMs - inSilenceMs, 4 * 200);
  });

  test('but for those whose lines would not come as their own', async () => {
    const world = await running({ ghosts: 'all', assurance: { relay: 'anonymous', ghost: 'local' } });
    const members = [...people(3), { nick: 'ada', account: 'ada' }];
    world.network.sink?.roster(CHANNEL, { kind: 'list', members });
    await world.clock.until('one joined', () => ghostsIn(world).length > 0);
    await world.clock.pass(60_000);
    assert.deepEqual(ghostsIn(world), ['@_causeway_home_a+ada:willow.example']);
    assert.deepEqual(callsOf(world, 'register').length, 1);
  });

  test('but for those whom the authority does not admit, or only under a mark', () => {
    const verdicts: Readonly<Record<string, Verdict>> = {
      ada: { kind: 'yes' },
      bea: { kind: 'yes', mark: '(not admitted)' },
      cem: { kind: 'yes', spokenFor: true },
      dan: { kind: 'no', error: { code: 'authority.suspended', text: 'No.', retry: 'never', notify: 'sender' } },
    };
    const gate = { toMatrix: (_id: string, { nick }: Speaker) => verdicts[nick] } as unknown as LineGate;
    const isAdmitted = admittedBy(gate, () => 'local');
    const portal = { id: 'home/#a', network: 'home' } as unknown as Portal;
    assert.deepEqual(
      Object.keys(verdicts).filter((nick) => isAdmitted(portal, { nick, account: null })),
      ['ada'],
    );
  });

  test('though one of them is refused', async () => {
    const world = await running({ ghosts: 'all' });
    world.homeserver.fault = ({ name, as }) =>
      (name === 'join' && as === ghostOf('nick0')) || name === 'invite'
        ? { kind: 'failed', error: FORBIDDEN }
        : undefined;
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(3) });
    await world.clock.until('the others joined', () => ghostsIn(world).length === 2);
  });

  test('also while a lane waits for a network that is away', async () => {
    const world = await running({ ghosts: 'all' });
    world.network.goDown(3_600_000);
    world.onMatrix('@p1:willow.example', 'waits');
    await world.clock.pass(1_000);
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(5) });
    await world.clock.until('they joined', () => ghostsIn(world).length === 5, 60_000);
  });
});

describe('who left a channel', () => {
  async function spoken(count: number): Promise<FakeWorld> {
    const world = await running();
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(count) });
    for (const { nick } of people(count)) world.onIrc(nick, 'hello');
    await world.clock.until('all said hello', () => world.isQuiet());
    return world;
  }

  test('leaves the room after a minute', async () => {
    const world = await spoken(2);
    world.network.sink?.roster(CHANNEL, { kind: 'leave', member: { nick: 'nick0', account: null }, netsplit: false });
    await world.clock.pass(50_000);
    const before = ghostsIn(world).length;
    await world.clock.pass(20_000);
    assert.deepEqual([before, ghostsIn(world)], [2, [ghostOf('nick1')]]);
  });

  test('stays when they are back within it', async () => {
    const world = await spoken(1);
    const member = { nick: 'nick0', account: null };
    world.network.sink?.roster(CHANNEL, { kind: 'leave', member, netsplit: false });
    await world.clock.pass(50_000);
    world.network.sink?.roster(CHANNEL, { kind: 'join', member });
    await world.clock.pass(120_000);
    assert.deepEqual(callsOf(world, 'leave'), []);
  });

  test('in a netsplit of five hundred stays when they are back within the hour: nobody sees a leave or a join', async () => {
    const world = await spoken(500);
    for (const member of people(500)) world.network.sink?.roster(CHANNEL, { kind: 'leave', member, netsplit: true });
    await world.clock.pass(50 * 60_000);
    for (const member of people(500)) world.network.sink?.roster(CHANNEL, { kind: 'join', member });
    await world.clock.pass(30 * 60_000);
    assert.deepEqual(
      [callsOf(world, 'leave').length, callsOf(world, 'join').length, ghostsIn(world).length],
      [0, 500, 500],
    );
  });

  test('while we were away leaves too', async () => {
    const world = await spoken(3);
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(1) });
    await world.clock.pass(14 * 60_000);
    const before = ghostsIn(world).length;
    await world.clock.pass(2 * 60_000);
    assert.deepEqual([before, ghostsIn(world)], [3, [ghostOf('nick0')]]);
  });

  test('with a server that restarts stays when they come back one by one', async () => {
    const world = await spoken(100);
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: [] });
    for (const member of people(100)) {
      await world.clock.pass(5_000);
      world.network.sink?.roster(CHANNEL, { kind: 'join', member });
    }
    await world.clock.pass(60 * 60_000);
    assert.deepEqual([callsOf(world, 'leave').length, callsOf(world, 'join').length], [0, 100]);
  });

  test('in the list after a restart of the bridge is who was there: nothing is done', async () => {
    const world = await spoken(20);
    world.kill();
    await world.start();
    const before = world.homeserver.calls.length;
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: people(20) });
    await world.clock.pass(60 * 60_000);
    const calls = world.homeserver.calls
      .slice(before)
      .filter((call) => /^(join|leave|invite|setDisplayName) /.test(call));
    assert.deepEqual(calls, []);
  });

  test('by silence leaves after the days that the mapping gives them, and comes back to speak', async () => {
    const world = await spoken(2);
    await world.clock.pass(20 * 86_400_000);
    world.onIrc('nick1', 'still here');
    await world.clock.pass(11 * 86_400_000);
    const left = ghostsIn(world);
    world.onIrc('nick0', 'back');
    await world.clock.until('it is said', () => world.isQuiet());
    assert.deepEqual([left, ghostsIn(world).length], [[ghostOf('nick1')], 2]);
  });
});

describe('a new nick', () => {
  test('of the same account is a new name of the same ghost; without one it is somebody else', async () => {
    const world = await running();
    const sink = world.network.sink;
    sink?.roster(CHANNEL, {
      kind: 'list',
      members: [
        { nick: 'Ann', account: 'ann' },
        { nick: 'bob', account: null },
      ],
    });
    world.network.history.push({ ...world.message('Ann', 'hi'), source: { nick: 'Ann', account: 'ann' } });
    world.onIrc('bob', 'hi');
    await world.clock.until('both said hi', () => world.isQuiet());
    sink?.roster(CHANNEL, {
      kind: 'rename',
      from: { nick: 'Ann', account: 'ann' },
      to: { nick: 'Ann_away', account: 'ann' },
    });
    sink?.roster(CHANNEL, {
      kind: 'rename',
      from: { nick: 'bob', account: null },
      to: { nick: 'bobby', account: null },
    });
    await world.clock.pass(120_000);
    const ann = '@_causeway_home_a+ann:willow.example';
    assert.deepEqual([ghostsIn(world), world.homeserver.names.get(ann)], [[ann], 'Ann_away (IRC)']);
  });
});
