import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stores } from '../../src/db/stores/stores.ts';
import { BOT, type CallFault, FORBIDDEN, SERVER, SERVER_ERROR, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { ALIAS, CHANNEL, configOf, FakeWorld } from '../fakes/fake-world.ts';

/** A world in which something was said, by both sides. */
async function talked(room?: string): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  world.config = configOf([{ channel: CHANNEL, room: room ?? '#commons' }]);
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  world.onIrc('rosa', 'before');
  await world.clock.until('it was said', () => world.homeserver.saidIn(world.room).includes('before'));
  world.onMatrix('@alice:x', 'hello');
  await world.clock.until('it is quiet', () => world.isQuiet());
  return world;
}

const away = (world: FakeWorld): void => {
  world.homeserver.fault = () => ({ kind: 'failed', error: UNREACHABLE });
};
const back = (world: FakeWorld): void => {
  world.homeserver.fault = () => undefined;
  world.bridge?.gate.interrupted('sync', 'The homeserver answers again');
};

/** The room behind the alias. */
const roomNow = (world: FakeWorld): string => world.homeserver.aliases.get(ALIAS) ?? '';
const made = (world: FakeWorld): number =>
  world.homeserver.calls.filter((call) => call.startsWith('createRoom')).length;

const state = async (world: FakeWorld) => {
  const report = await world.bridge?.status.report();
  const [portal] = report?.portals ?? [];
  return {
    problems: report?.bridge.problems,
    room: portal?.room,
    problem: portal?.problem,
    notes: report?.bridge.notes,
  };
};

describe('a room that the homeserver does not know any more', () => {
  test('is made anew, and has what waited for it, once, and nothing of what was said before', async () => {
    const world = await talked();
    away(world);
    for (let line = 0; line < 30; line++) world.onIrc('rosa', `waits ${line}`);
    await world.clock.pass(5_000);
    world.homeserver.loseRoom(world.room);
    back(world);
    await world.clock.until('it is noticed', async () => (await state(world)).problem !== undefined);
    const { problems, problem } = await state(world);
    assert.match(
      problems?.join() ?? '',
      /^The homeserver does not know the room !commons:willow\.example of #commons any more:/,
    );
    assert.match(problem ?? '', /It is made anew\.$/);
    await world.clock.until('it is quiet', async () => roomNow(world) !== '' && (await world.isQuiet()));
    const room = roomNow(world);
    assert.notEqual(room, world.room);
    assert.deepEqual(
      world.homeserver.saidIn(room),
      Array.from({ length: 30 }, (_, line) => `waits ${line}`),
    );
    assert.equal(made(world), 1);
    assert.deepEqual(await state(world), { problems: [], room, problem: undefined, notes: [] });
    // For good, and for what comes later as well.
    world.kill();
    await world.start();
    world.onIrc('rosa', 'after a restart');
    await world.clock.until('it is said', () => world.homeserver.saidIn(room).includes('after a restart'));
    assert.equal(made(world), 1);
  });

  test('is noticed at the start, and by the next line where nothing broke', async () => {
    const world = await talked();
    world.kill();
    world.homeserver.loseRoom(world.room);
    await world.start();
    await world.clock.until('it is there', () => roomNow(world) !== '');
    const second = roomNow(world);
    await world.clock.until('it is quiet', () => world.isQuiet());
    world.homeserver.loseRoom(second);
    world.onIrc('rosa', 'anybody?');
    await world.clock.until('it is there', () => world.homeserver.saidIn(roomNow(world)).includes('anybody?'));
    assert.deepEqual([made(world), world.homeserver.saidIn(roomNow(world))], [2, ['anybody?']]);
  });

  test('is one room, wherever in its making the bridge is killed', async () => {
    const isSettled = (world: FakeWorld) => async () =>
      roomNow(world) !== '' && (await state(world)).room === roomNow(world) && (await world.isQuiet());
    const whole = await talked();
    whole.kill();
    whole.homeserver.loseRoom(whole.room);
    const before = whole.homeserver.calls.length;
    await whole.start();
    await whole.clock.until('it is settled', isSettled(whole));
    const steps = whole.homeserver.calls.length - before;
    assert.ok(steps > 8, `${steps}`);
    for (let step = 0; step < steps; step++) {
      const world = await talked();
      world.kill();
      world.homeserver.loseRoom(world.room);
      let calls = 0;
      world.homeserver.fault = (): CallFault | undefined => {
        if (calls++ === step) queueMicrotask(() => world.kill());
        return undefined;
      };
      world.onIrc('rosa', 'waits');
      await world.start();
      await world.clock.until('it is killed', () => world.life.isOver);
      await world.start();
      await world.clock.until(`it is settled after dying at step ${step}`, isSettled(world));
      assert.deepEqual([world.homeserver.rooms.size, world.homeserver.saidIn(roomNow(world))], [1, ['waits']]);
    }
  });

  test('gives way to an older one that has its alias', async () => {
    const world = await talked();
    const older = `!older:${SERVER}`;
    world.homeserver.happen(older, BOT, 'm.room.create', { room_version: '12' }, '');
    world.homeserver.happen(older, BOT, 'm.room.member', { membership: 'join' }, BOT);
    world.homeserver.loseRoom(world.room);
    world.homeserver.aliases.set(ALIAS, older);
    world.onIrc('rosa', 'where am I?');
    await world.clock.until('it was said', () => world.homeserver.saidIn(older).includes('where am I?'));
    assert.equal(made(world), 0);
    assert.equal((await state(world)).room, older);
  });

  test('cannot be made anew where the configuration has its id: that is said, and lines wait until it has another', async () => {
    const world = await talked(`!commons:${SERVER}`);
    world.homeserver.loseRoom(world.room);
    world.onIrc('rosa', 'waits');
    await world.clock.until(
      'it is said so',
      async () => (await state(world)).problem?.includes('no other one') === true,
    );
    const { problems, problem } = await state(world);
    assert.deepEqual(problems, []);
    assert.match(problem ?? '', /^The homeserver does not know its room .* and there is no other one yet/);
    assert.equal(made(world), 0);
    const waits = await world.database.transaction((sql) => stores.outbox.backlog(sql));
    assert.deepEqual(
      waits.map(({ pending, sending, parked }) => [pending + sending, parked]),
      [[1, 0]],
    );
    world.bridge?.reload(configOf([{ channel: CHANNEL, room: '#another' }]));
    await world.clock.until('it is quiet', () => world.isQuiet());
    assert.deepEqual(world.homeserver.saidIn(world.homeserver.aliases.get(`#another:${SERVER}`) ?? ''), ['waits']);
  });
});

describe('a room is not taken for lost', () => {
  for (const [what, error] of [
    ['that the bot was put out of', FORBIDDEN],
    ['at which the homeserver fails', SERVER_ERROR],
    ['while something else answers in its place', { ...FORBIDDEN, code: 'matrix.not-matrix', retry: 'later' }],
  ] as const)
    test(what, async () => {
      const world = await talked();
      // Sends say so for other reasons, too.
      const unknown = { ...FORBIDDEN, code: 'matrix.room-unknown' };
      world.homeserver.fault = ({ name, room }) =>
        room === world.room
          ? { kind: 'failed', error: name === 'send' || name === 'messages' ? unknown : error }
          : undefined;
      world.bridge?.gate.interrupted('sync', 'why not');
      world.onIrc('rosa', 'hm');
      await world.clock.pass(120_000);
      assert.equal(made(world), 0);
      assert.equal((await state(world)).room, world.room);
    });
});

describe('a homeserver that was restored from a backup', () => {
  test('is found out by what it does not know any more, and the talk goes on', async () => {
    const world = await talked();
    const { events } = world.homeserver.room(world.room);
    const since = events.length;
    world.onIrc('rosa', 'forgotten');
    world.onMatrix('@alice:x', 'forgotten as well');
    await world.clock.until('it was said', () => world.homeserver.saidIn(world.room).includes('forgotten'));
    await world.clock.until('it is quiet', () => world.isQuiet());
    await world.clock.pass(1_000);
    events.splice(since);
    world.bridge?.gate.interrupted('sync', 'The homeserver answers again');
    await world.clock.until('it is said', async () => ((await state(world)).notes ?? []).length > 0);
    assert.match((await state(world)).notes?.join() ?? '', /restored from a backup/);
    world.onIrc('rosa', 'after');
    await world.clock.until('it goes on', () => world.homeserver.saidIn(world.room).includes('after'));
    assert.deepEqual(world.homeserver.saidIn(world.room), ['before', 'after']);
    assert.equal(made(world), 0);
  });
});
