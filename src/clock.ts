import type { Clock } from './ports/clock.ts';

/** The machine's own clock and chance. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
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
