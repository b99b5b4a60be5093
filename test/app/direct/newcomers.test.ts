import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FakeWorld } from '../../fakes/fake-world.ts';
import { ALICE, messages, ready, roomsOf, whisper } from './whispers.ts';

const TOLD = /^bot: More people who are new to you write to you in private than rooms are made for/;

const lines = (world: FakeWorld): string[] => roomsOf(world).flatMap((room) => messages(world, room));

/** Mallory writes once under each of so many nicks. */
function flood(world: FakeWorld, nicks: number, from = 0): void {
  for (let nick = from; nick < from + nicks; nick++)
    whisper(world, 'buy', { nick: `n${nick}`, user: 'm', host: 'evil' });
}

/** Alice answers every invitation. */
async function answer(world: FakeWorld): Promise<void> {
  for (const room of roomsOf(world))
    await world.bridge?.gate.events('push', [
      world.homeserver.happen(room, ALICE, 'm.room.member', { membership: 'join' }, ALICE),
    ]);
}

describe('somebody with a thousand nicks', () => {
  test('gets five rooms, made four at a time at most, and the person is told once', async () => {
    const world = await ready();
    let [making, most] = [0, 0];
    world.homeserver.fault = ({ name }) => {
      if (name === 'createRoom') most = Math.max(most, ++making);
      if (name === 'createAlias') making--;
      return undefined;
    };
    flood(world, 1_000);
    await world.clock.until('they are told', () => lines(world).some((line) => TOLD.test(line)));
    await world.clock.pass(60_000);
    assert.equal(roomsOf(world).length, 5);
    assert.equal(lines(world).filter((line) => TOLD.test(line)).length, 1);
    assert.ok(most <= 4, `${most} at once`);
  });

  test('shuts out neither whom the person knows nor who is logged in', async () => {
    const world = await ready();
    const carol = { nick: 'carol', user: 'c', host: 'home' };
    whisper(world, 'hello', carol);
    flood(world, 50);
    whisper(world, 'still here', carol);
    whisper(world, 'me too', { nick: 'dave', user: 'd', host: 'home', account: 'dave' });
    await world.clock.until('both are heard', () =>
      ['still here', 'me too'].every((text) => lines(world).some((line) => line.endsWith(text))),
    );
    assert.equal(roomsOf(world).length, 6);
  });

  test('gets no more than twenty invitations by patience, until some are answered', async () => {
    const world = await ready();
    for (let hour = 0; hour < 8; hour++) {
      flood(world, 10, hour * 10);
      await world.clock.pass(3_600_000);
    }
    assert.equal(roomsOf(world).length, 20);
    await answer(world);
    flood(world, 10, 100);
    await world.clock.until('others come through', () => roomsOf(world).length === 25);
  });
});

test('a NOTICE opens no room, and comes into the one that there is', async () => {
  const world = await ready();
  whisper(world, 'You are now identified', { nick: 'carol' }, 'notice');
  await world.clock.pass(10_000);
  assert.deepEqual(roomsOf(world), []);
  whisper(world, 'one');
  whisper(world, 'two', { nick: 'carol' }, 'notice');
  await world.clock.until('both are heard', () => lines(world).some((line) => line.endsWith('two')));
  assert.equal(roomsOf(world).length, 1);
});
