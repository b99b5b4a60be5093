import { type BackoffRules, backoffMs } from '../../core/pace.ts';
import type { Clock } from '../../ports/clock.ts';

/** Counts failures in a row and says how long to wait before the next try. */
export class Backoff {
  readonly #clock: Clock;
  readonly #rules: BackoffRules;
  #failures = 0;

  constructor(clock: Clock, firstMs: number, maxMs: number) {
    this.#clock = clock;
    this.#rules = { firstMs, maxMs, floor: 0.5 };
  }

  reset(): void {
    this.#failures = 0;
  }

  /** Failures since the last {@link reset}. */
  get attempt(): number {
    return this.#failures;
  }

  nextMs(): number {
    return backoffMs(this.#rules, this.#failures++, this.#clock.random());
  }
}
