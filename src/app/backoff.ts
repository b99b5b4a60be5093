import type { Clock } from '../ports/clock.ts';

/** Waits that double from `firstMs` to `mostMs`, each between half and all of its length so that lanes do not march in step. */
export class Backoff {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #mostMs: number;
  #attempt = 0;

  constructor(clock: Clock, firstMs: number, mostMs: number) {
    this.#clock = clock;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  reset(): void {
    this.#attempt = 0;
  }

  /** How many waits there were since the last {@link reset}. */
  get attempt(): number {
    return this.#attempt;
  }

  nextMs(): number {
    const full = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#attempt++, 16));
    return full / 2 + (full / 2) * this.#clock.random();
  }
}
