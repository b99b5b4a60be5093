import type { Clock } from '../../ports/clock.ts';

/** One notice for one cause in so long; then silence, since the first one said what to do. */
export const QUIET_MS = 10 * 60_000;
const REMEMBERED = 5_000;

/** Of which causes people were told a moment ago: nobody reads the same ten times. */
export class ToldLately {
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** When, the oldest first. */
  readonly #toldMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  has(cause: string): boolean {
    const toldMs = this.#toldMs.get(cause);
    return toldMs !== undefined && this.#clock.nowMs() - toldMs < QUIET_MS;
  }

  note(cause: string): void {
    this.#toldMs.delete(cause);
    this.#toldMs.set(cause, this.#clock.nowMs());
    if (this.#toldMs.size <= REMEMBERED) return;
    const oldest = this.#toldMs.keys().next();
    if (oldest.done !== true) this.#toldMs.delete(oldest.value);
  }

  /** Nobody was told after all. */
  forget(cause: string): void {
    this.#toldMs.delete(cause);
  }
}
