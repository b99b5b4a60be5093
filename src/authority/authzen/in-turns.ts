/** Runs so many jobs at once; the others wait, first come, first served. */
export function inTurns(atOnce: number): <T>(job: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (job) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await job();
    } finally {
      // The place goes to whoever waits longest, or is free.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
