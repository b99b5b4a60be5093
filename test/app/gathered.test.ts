import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Gathered } from '../../src/app/timing/gathered.ts';
import { recordingLog } from '../db/kit.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const REST_MS = 100;

describe('work that many ask for', () => {
  test('is done at once for the first, and once for all that ask while it rests', async () => {
    const clock = new ManualClock();
    const begunMs: number[] = [];
    const fromMs = clock.nowMs();
    const work = new Gathered(
      clock,
      recordingLog(),
      () => void begunMs.push(clock.nowMs() - fromMs),
      () => REST_MS,
    );
    work.ask();
    assert.deepEqual(begunMs, [0]);
    for (let i = 0; i < 10_000; i++) work.ask();
    await clock.pass(10 * REST_MS);
    assert.deepEqual(begunMs, [0, REST_MS]);
  });

  test('is done again for whoever asked while it was being done, and never twice at once', async () => {
    const clock = new ManualClock();
    let underWay = 0;
    const sawAtOnce: number[] = [];
    const work = new Gathered(
      clock,
      recordingLog(),
      async () => {
        sawAtOnce.push(++underWay);
        await clock.wait(REST_MS);
        underWay--;
      },
      () => REST_MS,
    );
    work.ask();
    await clock.pass(REST_MS / 2);
    work.ask();
    await clock.pass(10 * REST_MS);
    assert.deepEqual(sawAtOnce, [1, 1]);
  });

  test('is done the next time though it failed', async () => {
    const clock = new ManualClock();
    const log = recordingLog();
    let tries = 0;
    const work = new Gathered(
      clock,
      log,
      () => {
        if (++tries === 1) throw new Error('not now');
      },
      () => REST_MS,
    );
    work.ask();
    work.ask();
    await clock.pass(2 * REST_MS);
    assert.deepEqual([tries, log.lines], [2, ['warn: something in the background failed']]);
  });
});
