import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkSource } from '../../../src/core/events.ts';
import { SERVER } from '../../fakes/fake-homeserver.ts';
import type { FakeWorld } from '../../fakes/fake-world.ts';
import { ALICE, messages, ready, roomsOf, whisper, write } from './whispers.ts';

const BOB: NetworkSource = { nick: 'bob', user: 'u', host: 'bob.home', account: null };
const MALLORY: NetworkSource = { ...BOB, host: 'evil.example' };

const has = (world: FakeWorld, room: string, words: RegExp): boolean =>
  messages(world, room).some((line) => words.test(line));

/** Bob wrote to Alice and went; Mallory has his nick now, and writes to her too. @returns his room and Mallory's */
async function takenOver(world: FakeWorld): Promise<[string, string]> {
  world.network.people.set('bob', BOB);
  whisper(world, 'I am Bob', BOB);
  await world.clock.until('Bob has a room', () => roomsOf(world).some((room) => has(world, room, /I am Bob/)));
  world.network.people.set('bob', MALLORY);
  whisper(world, 'still me', MALLORY);
  await world.clock.until('Mallory is heard', () => roomsOf(world).some((room) => has(world, room, /still me/)));
  await world.clock.until('nothing waits', () => world.isQuiet());
  const rooms = roomsOf(world);
  const of = (words: RegExp): string => rooms.find((room) => has(world, room, words)) ?? '';
  return [of(/I am Bob/), of(/still me/)];
}

describe('whoever takes a nick that nobody vouches for', () => {
  test('gets a room of their own, which says that they may be somebody else, and not one line of the old one', async () => {
    const world = await ready();
    const [bobs, mallorys] = await takenOver(world);
    assert.notEqual(bobs, mallorys);
    assert.ok(has(world, mallorys, /You have another room with a bob, who came from another address: this may be/));
    assert.ok(!has(world, bobs, /You have another room/));
    await write(world, bobs, 'the secret');
    await world.clock.until('it is refused', () => has(world, bobs, /Not delivered/));
    assert.deepEqual(world.network.said, []);
    await write(world, mallorys, 'who are you?');
    await world.clock.until('it is said', () => world.network.said.length === 1);
    assert.deepEqual(
      world.network.said.map(({ text }) => text),
      ['who are you?'],
    );
  });

  test('does not get what waited for the one before them either', async () => {
    const world = await ready();
    world.network.people.set('bob', BOB);
    whisper(world, 'I am Bob', BOB);
    await world.clock.until('Bob has a room', () => roomsOf(world).some((room) => has(world, room, /I am Bob/)));
    const [bobs = ''] = roomsOf(world);
    world.network.goDown(20_000);
    await write(world, bobs, 'the secret');
    await world.clock.pass(5_000);
    world.network.people.set('bob', MALLORY);
    whisper(world, 'still me', MALLORY);
    await world.clock.until('it is refused', () => has(world, bobs, /Not delivered/));
    assert.deepEqual(world.network.said, []);
  });

  test('stays apart from them after a restart, and when the first one is back', async () => {
    const world = await ready();
    const [bobs, mallorys] = await takenOver(world);
    world.kill();
    await world.start();
    world.network.people.set('bob', BOB);
    whisper(world, 'back', BOB);
    whisper(world, 'me too', MALLORY);
    await world.clock.until('both are heard', () => has(world, bobs, /back/) && has(world, mallorys, /me too/));
    assert.equal(roomsOf(world).length, 2);
    await write(world, bobs, 'the secret');
    await world.clock.until('it is said', () => world.network.said.length === 1);
    await write(world, mallorys, 'not yours');
    await world.clock.until('it is refused', () => has(world, mallorys, /Not delivered/));
    assert.equal(world.network.said.length, 1);
  });

  test('is the one to whom a query opens a room, and not the one before them', async () => {
    const world = await ready();
    world.network.people.set('bob', BOB);
    whisper(world, 'I am Bob', BOB);
    await world.clock.until('Bob has a room', () => roomsOf(world).some((room) => has(world, room, /I am Bob/)));
    const [bobs = ''] = roomsOf(world);
    world.network.people.set('bob', MALLORY);
    await write(world, bobs, '!causeway query bob');
    await world.clock.until('there are two rooms', () => roomsOf(world).length === 2);
    await write(world, bobs, 'the secret');
    await world.clock.until('it is refused', () => has(world, bobs, /Not delivered/));
    assert.deepEqual(world.network.said, []);
  });

  test('is not heard where the name is blocked, from whatever address', async () => {
    const world = await ready();
    const [, mallorys] = await takenOver(world);
    await write(world, mallorys, '!causeway block');
    await world.clock.until('it is answered', () => has(world, mallorys, /not shown/));
    for (const host of ['bob.home', 'evil.example', 'a.third.example']) whisper(world, 'unheard', { ...BOB, host });
    await world.clock.pass(5_000);
    assert.equal(roomsOf(world).length, 2);
    for (const room of roomsOf(world)) assert.ok(!has(world, room, /unheard/));
  });

  test('inherits no room that was made with their nick while nobody had it', async () => {
    const world = await ready();
    world.network.people.set('bob', BOB);
    world.onIrc('bob', 'hello all');
    await world.clock.until('bob has a ghost', () => world.isQuiet());
    world.network.people.delete('bob');
    const room = `!mine:${SERVER}`;
    const ghost = `@_causeway_home_bob:${SERVER}`;
    world.homeserver.happen(room, ALICE, 'm.room.create', { room_version: '12' }, '');
    const invitation = { membership: 'invite', is_direct: true };
    const event = world.homeserver.happen(room, ALICE, 'm.room.member', invitation, ghost);
    await world.bridge?.gate.events('push', [event]);
    const members = () => world.homeserver.room(room).members;
    await world.clock.until('the ghost is gone again', () => members().get(ghost) === 'leave');
    await write(world, room, 'the secret');
    world.network.people.set('bob', MALLORY);
    await world.clock.pass(5_000);
    assert.deepEqual([...members()], [[ghost, 'leave']]);
    assert.deepEqual(world.network.said, []);
  });
});
