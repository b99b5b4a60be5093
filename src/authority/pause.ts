import type { Clock } from '../ports/clock.ts';

/** Resolves after the time, or as soon as one of the signals is raised. */
export function pause(clock: Clock, delayMs: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      cancel();
      for (const signal of signals) signal.removeEventListener('abort', stop);
      resolve();
    };
    const cancel = clock.after(delayMs, stop);
    for (const signal of signals) signal.addEventListener('abort', stop);
    if (signals.some((signal) => signal.aborted)) stop();
  });
}
