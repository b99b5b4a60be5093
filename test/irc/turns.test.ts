import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTurns } from '../../src/irc/wire/turns.ts';

test('as much goes on at the same time as is allowed now, and in the order of asking', async () => {
  let most = 1;
  const turn = makeTurns(() => most);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string): Promise<void> =>
    turn(async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (name: string): Promise<string> => {
    ends.get(name)?.();
    await new Promise(setImmediate);
    return begun.join('');
  };
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map(work);
  const seen = [await end(''), await end('a')];
  most = 3;
  seen.push(await end('b'));
  most = 1;
  seen.push(await end('c'), await end('d'), await end('e'), await end('f'));
  await Promise.all(all);
  assert.deepEqual(seen, ['a', 'ab', 'abcde', 'abcde', 'abcde', 'abcdef', 'abcdef']);
});
