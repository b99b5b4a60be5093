import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Heard } from '../../src/ports/network.ts';
import { CHANNEL, FakeWorld } from '../fakes/fake-world.ts';

const until = (untilMs: number, away: readonly (readonly [string, number])[] = []): Heard => ({
  untilMs,
  awayFromMs: new Map(away),
});

test('up to when a network was heard outlives the program, with the channels that were not', async () => {
  const world = await FakeWorld.make();
  await world.start();
  assert.equal(await world.network.sink?.heardBefore(), undefined);
  await world.network.sink?.heardUntil(until(1_000));
  await world.network.sink?.heardUntil(until(2_000, [[CHANNEL, 500]]));
  world.kill();
  await world.start();
  assert.deepEqual(await world.network.sink?.heardBefore(), until(2_000, [[CHANNEL, 500]]));
});

test('a note that cannot be written is left to the next one', async () => {
  const world = await FakeWorld.make();
  await world.start();
  await world.network.sink?.heardUntil(until(1_000));
  world.isAway = () => true;
  await world.network.sink?.heardUntil(until(2_000));
  world.isAway = () => false;
  assert.deepEqual(await world.network.sink?.heardBefore(), until(1_000));
  assert.ok(world.log.lines.some((line) => line.includes('could not be noted')));
});
