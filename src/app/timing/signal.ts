import type { Clock } from '../../ports/clock.ts';

/** Lets any number of waiters go when something changed, or when their time is up. */
export class Signal {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  raise(): void {
    for (const go of [...this.#waiters]) go();
  }

  /** Resolves at the next {@link raise}, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        cancel();
        this.#waiters.delete(go);
        resolve();
      };
      const cancel = this.#clock.after(timeoutMs, go);
      this.#waiters.add(go);
    });
  }
}
