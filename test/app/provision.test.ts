import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CallFault, type FakeHomeserver, FORBIDDEN, SERVER, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { ALIAS, CHANNEL, configOf, FakeWorld } from '../fakes/fake-world.ts';

/** A world in which the room is still to be made. */
async function empty(channels = [{ channel: CHANNEL, room: '#commons' }]): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  world.homeserver.rooms.clear();
  world.homeserver.aliases.clear();
  world.config = configOf(channels);
  return world;
}

const linked = (world: FakeWorld): number => world.log.lines.filter((line) => line === 'info: linked').length;

/** What stands of the rooms, without ids. */
function asFound({ rooms, aliases }: FakeHomeserver): unknown {
  return [...rooms].map(([id, room]) => ({
    aliases: [...aliases].filter(([, target]) => target === id).map(([alias]) => alias),
    canonical: room.state.get('m.room.canonical_alias ')?.content,
    state: [...room.state.keys()].sort(),
  }));
}

describe('a channel without a room gets one', () => {
  test('with its addresses and what says that it is bridged', async () => {
    const world = await empty();
    await world.start();
    await world.clock.until('it is linked', () => linked(world) === 1);
    const mark = 'coop.causeway://home/=23commons';
    assert.deepEqual(asFound(world.homeserver), [
      {
        aliases: [ALIAS, `#_causeway_home_=23commons:${SERVER}`],
        canonical: { alias: ALIAS },
        state: [
          `m.bridge ${mark}`,
          'm.room.canonical_alias ',
          'm.room.create ',
          'm.room.guest_access ',
          'm.room.history_visibility ',
          'm.room.member @_causeway_bot:willow.example',
          'm.room.power_levels ',
          `uk.half-shot.bridge ${mark}`,
        ],
      },
    ]);
  });

  test('the same one, wherever in its making the bridge is killed', async () => {
    const whole = await empty();
    await whole.start();
    await whole.clock.until('it is linked', () => linked(whole) === 1);
    const steps = whole.homeserver.calls.length;
    assert.ok(steps > 5);
    for (let step = 0; step < steps; step++) {
      for (const isDone of [true, false]) {
        const world = await empty();
        let calls = 0;
        world.homeserver.fault = (): CallFault | undefined => {
          if (calls++ !== step) return undefined;
          if (isDone) queueMicrotask(() => world.kill());
          else world.kill();
          return isDone ? { kind: 'old', ms: 1 } : { kind: 'failed', error: UNREACHABLE };
        };
        await world.start();
        await world.clock.until('it is killed', () => world.life.isOver);
        await world.clock.pass(100);
        await world.start();
        await world.clock.until(`it is linked after dying at step ${step}`, () => linked(world) >= 1);
        assert.deepEqual(asFound(world.homeserver), asFound(whole.homeserver), `step ${step}, done: ${isDone}`);
      }
    }
  });

  test('one only, though the answer to its creation is lost', async () => {
    const world = await empty();
    let isLost = false;
    world.homeserver.fault = ({ name }) => {
      if (name !== 'createRoom' || isLost) return undefined;
      isLost = true;
      return { kind: 'lost', afterMs: 1_500 };
    };
    await world.start();
    await world.clock.until('it is linked', () => linked(world) === 1);
    assert.equal(world.homeserver.rooms.size, 1);
  });
});

describe('a room that somebody has to mend', () => {
  test('keeps no other waiting, says what is wrong, and is linked once it is mended', async () => {
    const channels = Array.from({ length: 8 }, (_, index) => ({ channel: `#c${index}`, room: `#c${index}` }));
    const world = await empty(channels);
    for (let index = 0; index < 7; index++) {
      world.homeserver.aliases.set(`#c${index}:${SERVER}`, `!c${index}:${SERVER}`);
      world.homeserver.room(`!c${index}:${SERVER}`);
    }
    let isMended = false;
    world.homeserver.fault = ({ name, room }) =>
      name === 'join' && room.startsWith('!c') && !isMended ? { kind: 'failed', error: FORBIDDEN } : undefined;
    await world.start();
    await world.clock.until('the eighth is linked', () => linked(world) === 1, 10_000);
    const report = await world.bridge?.status.report();
    assert.deepEqual(
      report?.portals.map(({ state, problem }) => [state, problem?.includes('Invite it there') ?? false]),
      [...Array.from({ length: 7 }, () => ['broken', true]), ['waiting', false]],
    );
    isMended = true;
    for (let index = 0; index < 7; index++)
      world.homeserver.happen(`!c${index}:${SERVER}`, '@mod:x', 'm.room.power_levels', { users_default: 100 }, '');
    world.bridge?.gate.invited('!c0:x', '@_causeway_bot:willow.example', '@mod:x', false);
    await world.clock.until('all are linked', () => linked(world) === 8, 60_000);
  });

  test('is that of one channel only', async () => {
    const world = await FakeWorld.make();
    world.config = configOf([
      { channel: '#a', room: '#commons' },
      { channel: '#b', room: world.room },
    ]);
    await world.start();
    await world.clock.until('one is linked', () => linked(world) === 1);
    await world.clock.until('the other is refused', async () =>
      ((await world.bridge?.status.report())?.portals ?? []).some(({ problem }) =>
        problem?.includes('already that of'),
      ),
    );
  });
});

describe('what is said while a room is being linked', () => {
  test('is not lost between noting where it stands and linking it', async () => {
    const world = await FakeWorld.make();
    world.homeserver.fault = ({ name }) => {
      if (name !== 'messages') return undefined;
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => world.onMatrix('@p1:willow.example', 'early'))));
      world.homeserver.fault = () => undefined;
      return { kind: 'old', ms: 500 };
    };
    await world.start();
    await world.clock.until('it is said', () => world.network.said.length === 1, 60_000);
    assert.deepEqual(
      world.network.said.map(({ text }) => text),
      ['early'],
    );
  });
});
