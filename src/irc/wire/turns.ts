/**
 * @param most asked each time, since a reload may change it; at least 1
 * @returns runs work, at most `most` pieces of it at the same time, in the order of asking
 */
export function makeTurns(most: () => number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: Array<() => void> = [];
  const letIn = (): void => {
    while (running < most()) {
      const next = waiting.shift();
      if (next === undefined) return;
      running++;
      next();
    }
  };
  return async (work) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      letIn();
    });
    try {
      return await work();
    } finally {
      running--;
      letIn();
    }
  };
}
