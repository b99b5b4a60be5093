import type { Clock } from './ports/clock.ts';

/** While the machine's clock is behind ours, ours goes at this part of its speed. */
const CATCHING_UP = 0.5;

/**
 * Time that follows the machine's clock and never goes back. Where that was set back, ours goes on at half speed until the other
 * has caught up: nothing that waits for a moment, or for a while since one, waits for the length of the jump.
 * @param wallMs what the machine's clock says
 * @param elapsedMs since any moment; nobody can set it
 */
export function steadyTime(wallMs: () => number, elapsedMs: () => number): () => number {
  let [atMs, wasElapsedMs] = [wallMs(), elapsedMs()];
  return () => {
    const nowElapsedMs = elapsedMs();
    atMs = Math.max(wallMs(), atMs + Math.max(0, nowElapsedMs - wasElapsedMs) * CATCHING_UP);
    wasElapsedMs = nowElapsedMs;
    return Math.floor(atMs);
  };
}

/** The machine's own clock and chance. */
export const systemClock: Clock = {
  nowMs: steadyTime(
    () => Date.now(),
    () => performance.now(),
  ),
  after(delayMs, run) {
    if (delayMs <= 0) {
      // Timers of no time would follow one another without anything being read or written in between.
      const turn = setImmediate(run);
      turn.unref();
      return () => clearImmediate(turn);
    }
    const timer = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1));
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
