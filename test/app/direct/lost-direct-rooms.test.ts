import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BOT } from '../../fakes/fake-homeserver.ts';
import { ALICE, GHOST, messages, ready, roomsOf, whisper, write } from './whispers.ts';

describe('a private conversation whose room the homeserver does not know any more', () => {
  test('has another one once somebody writes, and that is where it goes on', async () => {
    const world = await ready();
    whisper(world, 'before');
    await world.clock.until('it stands in a room', () => roomsOf(world).length === 1);
    await world.clock.until('nothing waits', () => world.isQuiet());
    const [lost = ''] = roomsOf(world);
    world.homeserver.loseRoom(lost);
    world.bridge?.gate.interrupted('sync', 'The homeserver answers again');
    await world.clock.pass(60_000);
    assert.deepEqual(roomsOf(world), []);
    whisper(world, 'after');
    const problems = async () => (await world.bridge?.status.report())?.bridge.problems ?? [];
    await world.clock.until('it is noticed', async () => (await problems()).length > 0);
    assert.match(
      (await problems()).join(),
      /^The homeserver does not know the room .* of a private conversation any more:/,
    );
    await world.clock.until('it stands in a room', () => roomsOf(world).length === 1);
    await world.clock.until('nothing waits', () => world.isQuiet());
    const [room = ''] = roomsOf(world);
    assert.deepEqual(Object.fromEntries(world.homeserver.room(room).members), {
      [BOT]: 'join',
      [GHOST]: 'join',
      [ALICE]: 'invite',
    });
    const [line, notice] = messages(world, room);
    assert.equal(line, 'carol: after');
    assert.match(notice ?? '', /^bot: carol on home writes to you in private/);
    world.homeserver.happen(room, ALICE, 'm.room.member', { membership: 'join' }, ALICE);
    await write(world, room, 'I am here');
    await world.clock.until('carol reads it', () => world.network.said.some(({ text }) => text === 'I am here'));
  });
});
