import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BridgeError } from '../../src/core/errors.ts';
import { Blocks } from '../../src/irc/puppets/blocks.ts';
import { DEFAULT_TIMINGS } from '../../src/irc/wire/timings.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const MINUTE = 60_000;
const error = (code: string): BridgeError => ({ code, text: code, retry: 'later', notify: 'log' });

describe('people who get no connection for a while', () => {
  const start = () => {
    const clock = new ManualClock();
    const blocks = new Blocks(clock, DEFAULT_TIMINGS);
    /** Minute by minute, as long as it takes. @returns whom the server saw, minutes after the start */
    const run = (minutes: number, answer: (userId: string) => void): Array<readonly [string, number]> => {
      const seen: Array<readonly [string, number]> = [];
      for (let passed = 0; passed < minutes * MINUTE; passed += 1000) {
        clock.advance(1000);
        const due = blocks.tick(clock.nowMs(), true);
        if (due === undefined) continue;
        seen.push([due, Math.round((passed + 1000) / MINUTE)]);
        answer(due);
      }
      return seen;
    };
    return { clock, blocks, run };
  };

  test('a ban is tried after minutes, then ever more rarely, at last once an hour', () => {
    const { blocks, run } = start();
    const ban = (userId: string) => blocks.add(userId, error('irc_banned'));
    ban('@a:x');
    const tried = run(8 * 60, ban).map(([, minute]) => minute);
    const pauses = tried.map((minute, index) => minute - (tried[index - 1] ?? 0));
    const longest = [5, 10, 20, 40, ...pauses.slice(4).map(() => 60)];
    assert.ok(pauses.length >= 10 && pauses.length <= 12, String(pauses));
    for (const [index, pause] of pauses.entries()) {
      const most = longest[index] ?? 0;
      assert.ok(pause >= Math.floor(0.8 * most) && pause <= most + 1, `${index}: ${pauses}`);
    }
  });

  test('of a hundred that are banned together one is tried in ten seconds, and all at once when one is let in', () => {
    const { blocks, run } = start();
    const people = Array.from({ length: 100 }, (_, number) => `@${number}:x`);
    for (const userId of people) blocks.add(userId, error('irc_banned'));
    const tried = run(10, (userId) => blocks.add(userId, error('irc_banned')));
    assert.ok(tried.length >= 24 && tried.length <= 36, `${tried.length}`);
    const letIn = run(30, () => blocks.letIn());
    assert.deepEqual(new Set(letIn.map(([userId]) => userId)), new Set(people));
    assert.ok(letIn.filter(([, minute]) => minute <= 3).length > 60, `${letIn}`);
  });

  test('what failed without a ban is nobody’s to try but the person’s, after a minute or when the network is back', () => {
    const { clock, blocks, run } = start();
    blocks.add('@a:x', error('irc_sasl_failed'));
    blocks.add('@b:x', error('irc_banned'));
    assert.equal(blocks.of('@a:x')?.error.code, 'irc_sasl_failed');
    blocks.networkBack();
    assert.deepEqual([blocks.of('@a:x'), blocks.of('@b:x')?.error.code], [undefined, 'irc_banned']);
    blocks.add('@a:x', error('irc_lost'));
    assert.deepEqual(
      run(2, () => undefined),
      [],
    );
    assert.deepEqual([blocks.of('@a:x'), blocks.of('@b:x')?.error.code], [undefined, 'irc_banned']);
    clock.advance(10 * MINUTE);
    assert.equal(blocks.tick(clock.nowMs(), false), undefined);
    assert.equal(blocks.tick(clock.nowMs(), true), '@b:x');
    assert.equal(blocks.of('@b:x'), undefined);
  });
});
