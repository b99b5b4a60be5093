import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

/** @returns what the work gives, or undefined when it takes longer; it goes on then */
export async function within<T>(clock: Clock, work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(limitMs, () => resolve(undefined));
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}

/** Work that nobody waits for: its failure is a bug, and said. */
export function sayIfFailed(work: Promise<unknown>, log: Log): void {
  work.catch((error: unknown) => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error('Something in the IRC adapter failed; this is a bug.', { why });
  });
}
