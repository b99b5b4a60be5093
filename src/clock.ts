import type { Clock } from './ports/clock.ts';

/** The machine's own clock and chance. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.max(0, Math.min(delayMs, 2 ** 31 - 1)));
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
