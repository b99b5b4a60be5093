import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { WindowThrottle } from '../../../src/irc/freeq/window-throttle.ts';

const WINDOW_MS = 2000;

/** What a server does that refuses the sixth message within two seconds by its own clock. */
function mostInWindow(arrivedMs: readonly number[]): number {
  return Math.max(0, ...arrivedMs.map((end) => arrivedMs.filter((at) => at <= end && end - at < WINDOW_MS).length));
}

describe('the pace on freeq', () => {
  test('lets five messages out at once, and the sixth two seconds after the answers', () => {
    const throttle = new WindowThrottle();
    const waits = Array.from({ length: 6 }, () => throttle.take(0));
    assert.deepEqual(waits.slice(0, 5), [0, 0, 0, 0, 0]);
    assert.ok((waits[5] ?? 0) > 0);
    for (let n = 0; n < 5; n++) throttle.answered(300);
    assert.deepEqual([throttle.take(2300) > 0, throttle.take(2400)], [true, 0]);
  });

  test('never has six within two seconds at the server, however late and bunched up lines arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ there: fc.nat(3000), back: fc.nat(3000) }), { minLength: 12, maxLength: 12 }),
        (ways) => {
          const throttle = new WindowThrottle();
          const arrivedMs: number[] = [];
          const answersMs: number[] = [];
          let nowMs = 0;
          for (const { there, back } of ways) {
            for (let waitMs = throttle.take(nowMs); waitMs > 0; waitMs = throttle.take(nowMs)) {
              nowMs += Math.min(waitMs, 50);
              // One connection: nothing overtakes.
              while ((answersMs[0] ?? Number.POSITIVE_INFINITY) <= nowMs) throttle.answered(answersMs.shift() ?? 0);
            }
            const atMs = Math.max(nowMs + there, arrivedMs.at(-1) ?? 0);
            arrivedMs.push(atMs);
            answersMs.push(Math.max(atMs + back, answersMs.at(-1) ?? 0));
          }
          assert.ok(mostInWindow(arrivedMs) <= 5, String(arrivedMs));
        },
      ),
      { numRuns: 300 },
    );
  });
});
