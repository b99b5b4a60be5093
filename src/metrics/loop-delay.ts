import type { Metrics } from '../ports/metrics.ts';

const EVERY_MS = 100;

export type LoopWatch = {
  /** How late the loop's last turn was, in milliseconds, as far as can be seen now. */
  lateMs(): number;
  stop(): void;
};

/** Measures how late a timer fires: whatever blocks the loop, every lane waits for. Does not keep the process alive. */
export function watchLoop(metrics: Metrics): LoopWatch {
  let due = performance.now() + EVERY_MS;
  let late = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    late = Math.max(0, now - due);
    due = now + EVERY_MS;
    metrics.loopDelaySeconds.observe(late / 1000);
  }, EVERY_MS).unref();
  return { lateMs: () => Math.max(late, performance.now() - due), stop: () => clearInterval(timer) };
}
