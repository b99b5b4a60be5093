import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../src/app/turns.ts';

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
