import { systemClock } from '../../src/clock.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** The machine's clock, run faster: for what lasts minutes at a pace that a server sets. Both sides have to go by it. */
export function fastClock(times: number): Clock {
  const startMs = systemClock.nowMs();
  return {
    nowMs: () => startMs + Math.floor((systemClock.nowMs() - startMs) * times),
    after: (delayMs, run) => systemClock.after(delayMs / times, run),
    random: () => systemClock.random(),
  };
}
