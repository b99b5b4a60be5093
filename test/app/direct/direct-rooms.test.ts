import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BOT, FORBIDDEN, UNREACHABLE } from '../../fakes/fake-homeserver.ts';
import type { FakeWorld } from '../../fakes/fake-world.ts';
import { ALICE, GHOST, messages, ready, roomsOf, whisper, write } from './whispers.ts';

const theRoom = async (world: FakeWorld, lines: number): Promise<string> => {
  await world.clock.until('it stands in a room', () =>
    roomsOf(world).some((room) => messages(world, room).length >= lines + 1),
  );
  const rooms = roomsOf(world);
  assert.equal(rooms.length, 1);
  return rooms[0] ?? '';
};

describe('a private message', () => {
  test('waits for its room, which has its ghost, its person and the bot, and a word of who writes', async () => {
    const world = await ready();
    whisper(world, 'one');
    whisper(world, 'two');
    const room = await theRoom(world, 2);
    const [notice, ...lines] = messages(world, room);
    assert.match(notice ?? '', /^bot: carol on home writes to you in private\. Nobody vouches for this name/);
    assert.deepEqual(lines, ['carol: one', 'carol: two']);
    const { members, state } = world.homeserver.room(room);
    assert.deepEqual(Object.fromEntries(members), { [BOT]: 'join', [GHOST]: 'join', [ALICE]: 'invite' });
    const invitation = state.get(`m.room.member ${ALICE}`);
    assert.deepEqual([invitation?.sender, invitation?.content.is_direct], [GHOST, true]);
  });

  test('comes once, in order, into one room, whenever the bridge is killed while the room is made', async () => {
    // Each call of the homeserver in turn, until there are no more on the way.
    for (let deadly = 1, died = true; died; deadly++) {
      const world = await ready();
      died = false;
      let calls = 0;
      world.homeserver.fault = () => {
        if (++calls === deadly && !died) {
          died = true;
          world.kill();
        }
        return undefined;
      };
      whisper(world, 'one');
      whisper(world, 'two');
      await world.clock.until('the bridge is dead, or done', async () => died || (await world.isQuiet()));
      if (world.bridge === undefined) await world.start();
      const room = await theRoom(world, 2);
      await world.clock.until('nothing waits', () => world.isQuiet());
      assert.deepEqual(
        messages(world, room).filter((line) => !line.startsWith('bot')),
        ['carol: one', 'carol: two'],
        `killed at call ${deadly}`,
      );
      assert.equal(messages(world, room).length, 3, `killed at call ${deadly}`);
    }
  });

  test('waits while the homeserver is away', async () => {
    const world = await ready();
    let isAway = true;
    world.homeserver.fault = () => (isAway ? { kind: 'failed', error: UNREACHABLE } : undefined);
    whisper(world, 'one');
    await world.clock.pass(60_000);
    isAway = false;
    assert.equal(messages(world, await theRoom(world, 1)).at(-1), 'carol: one');
  });

  test('is bound to an account, whatever nick it has, and not to the nick', async () => {
    const world = await ready();
    whisper(world, 'I', { nick: 'carol', account: 'carol' });
    await theRoom(world, 1);
    whisper(world, 'the same', { nick: 'carol2', account: 'carol' });
    whisper(world, 'another', { nick: 'carol' });
    await world.clock.until('there are two rooms', () => roomsOf(world).length === 2);
    await world.clock.until('nothing waits', () => world.isQuiet());
    assert.deepEqual(
      roomsOf(world).map((room) => messages(world, room).filter((line) => !line.startsWith('bot')).length),
      [2, 1],
    );
  });

  test('is answered to that person alone, and refused in reply when they are not there', async () => {
    const world = await ready();
    whisper(world, 'one');
    const room = await theRoom(world, 1);
    await write(world, room, 'two');
    await world.clock.until('it is said', () => world.network.said.length === 1);
    assert.deepEqual(
      world.network.said.map(({ userId, text }) => `${userId} ${text}`),
      [`${ALICE}→carol two`],
    );
    world.network.people.clear();
    const { event_id } = await write(world, room, 'three');
    await world.clock.until('it is refused', () => messages(world, room).some((line) => /Not delivered/.test(line)));
    const refusal = world.homeserver.room(room).events.at(-1);
    assert.deepEqual(refusal?.content['m.relates_to'], { 'm.in_reply_to': { event_id } });
    await write(world, room, 'four\nand five');
    await world.clock.until('nothing waits', () => world.isQuiet());
    assert.equal(messages(world, room).filter((line) => /Not delivered/.test(line)).length, 2);
    assert.equal(world.network.said.length, 1);
  });

  test('of whoever is blocked is not kept', async () => {
    const world = await ready();
    whisper(world, 'one');
    const room = await theRoom(world, 1);
    await write(world, room, '!causeway block');
    await world.clock.until('it is answered', () => messages(world, room).some((line) => /not shown/.test(line)));
    whisper(world, 'unheard');
    await world.clock.pass(5_000);
    world.kill();
    await world.start();
    await world.clock.pass(5_000);
    assert.ok(!messages(world, room).some((line) => line.endsWith('unheard')));
    const kept = await world.database.transaction((sql) =>
      sql.all<{ n: number }>("SELECT COUNT(*) AS n FROM inbox WHERE lane LIKE 'to-matrix:home/=%'"),
    );
    assert.equal(kept[0]?.n, 1);
  });

  test('calls back who left its room, but not again and again; they themselves come back whenever they like', async () => {
    const world = await ready();
    whisper(world, 'one');
    const room = await theRoom(world, 1);
    const isThere = (): string | undefined => world.homeserver.room(room).members.get(ALICE);
    let lines = 1;
    /** They leave, and are written to. @returns whether they are invited */
    const leaves = async (): Promise<string | undefined> => {
      world.homeserver.happen(room, ALICE, 'm.room.member', { membership: 'leave' }, ALICE);
      whisper(world, `more ${++lines}`);
      await world.clock.until('it stands there', () => messages(world, room).at(-1) === `carol: more ${lines}`);
      await world.clock.pass(5_000);
      return isThere();
    };
    assert.deepEqual([await leaves(), await leaves(), await leaves()], ['invite', 'leave', 'leave']);
    world.onMatrix(ALICE, '!causeway query carol');
    await world.clock.until('they are invited as they asked', () => isThere() === 'invite');
    await leaves();
    await world.clock.pass(11 * 60_000);
    assert.equal(await leaves(), 'invite');
  });

  test('goes on when its room cannot be made now, and once it can', async () => {
    const world = await ready();
    let mayMake = false;
    world.homeserver.fault = ({ name }) =>
      name === 'createRoom' && !mayMake ? { kind: 'failed', error: FORBIDDEN } : undefined;
    whisper(world, 'one');
    await world.clock.pass(60_000);
    mayMake = true;
    whisper(world, 'two');
    assert.deepEqual(messages(world, await theRoom(world, 2)).slice(1), ['carol: one', 'carol: two']);
  });
});
