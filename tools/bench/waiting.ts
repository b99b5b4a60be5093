/** Resolves with the first value that `offer` gives to a waiter; a deadline rejects. No polling: lag is being measured. */
export class Waiters<T> {
  readonly #waiting = new Set<{ readonly fits: (value: T) => boolean; readonly resolve: (value: T) => void }>();

  offer(value: T): void {
    for (const waiter of this.#waiting)
      if (waiter.fits(value)) {
        this.#waiting.delete(waiter);
        waiter.resolve(value);
      }
  }

  wait(fits: (value: T) => boolean, what: string, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(new Error(`Waited ${timeoutMs / 1000} s for ${what}.`));
      }, timeoutMs);
      const waiter = {
        fits,
        resolve: (value: T) => {
          clearTimeout(timer);
          resolve(value);
        },
      };
      this.#waiting.add(waiter);
    });
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until it is so. */
export async function until(
  what: string,
  timeoutMs: number,
  look: () => boolean | Promise<boolean>,
  everyMs = 50,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s for ${what}.`);
    await pause(everyMs);
  }
}
