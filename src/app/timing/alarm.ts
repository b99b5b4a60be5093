import type { Clock } from '../../ports/clock.ts';

/** A timer goes by itself, whatever is done to the clock: so long at most what is due waits where that was set forward. */
const LONGEST_TIMER_MS = 5_000;

/**
 * Runs something once the clock says that a moment has come, at once where it has.
 * @returns takes it back
 */
export function atMoment(clock: Clock, atMs: number, run: (nowMs: number) => void): () => void {
  const wait = (): (() => void) =>
    clock.after(Math.min(Math.max(atMs - clock.nowMs(), 0), LONGEST_TIMER_MS), () => {
      const nowMs = clock.nowMs();
      if (nowMs < atMs) cancel = wait();
      else run(nowMs);
    });
  let cancel = wait();
  return () => cancel();
}
