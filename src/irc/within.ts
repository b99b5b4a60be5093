import type { Clock } from '../ports/clock.ts';

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
