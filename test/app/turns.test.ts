import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../src/app/timing/turns.ts';

test('no more than so many at once, in the order of asking, and a failure ends its turn', async () => {
  const turns = new Turns(2);
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) =>
    turns.take(async () => {
      log.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const failing = turns.take(() => Promise.reject(new Error('no')));
  await assert.rejects(failing);
  const all = ['a', 'b', 'c', 'd'].map(work);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, ['a', 'b']);
  ends.shift()?.();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, ['a', 'b', 'c']);
  while (ends.length > 0) {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  assert.deepEqual(log, ['a', 'b', 'c', 'd']);
});

test('whoever waits for quiet waits until the last of them has ended', async () => {
  const turns = new Turns(2);
  await turns.idle();
  const ends = [await turns.ask(), await turns.ask()];
  const third = turns.ask();
  let isQuiet = false;
  const quiet = turns.idle().then(() => {
    isQuiet = true;
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  for (const end of ends) end();
  const last = await third;
  await settled();
  assert.equal(isQuiet, false);
  last();
  await quiet;
});
