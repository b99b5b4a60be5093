import type { Clock } from '../../ports/clock.ts';

/** After a break everything is looked at once it has settled: a break seldom comes alone. */
const AFTER_BREAK_MS = 2_000;

/** Everything is compared with what it should be now and then, and after breaks: whatever was missed is found. */
export class Rounds {
  readonly #clock: Clock;
  readonly #everyMs: () => number;
  readonly #round: (cause: string) => void;
  #cancel = (): void => {};
  #isSettling = false;

  constructor(clock: Clock, everyMs: () => number, round: (cause: string) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#round = round;
  }

  /** One now, and the next in its time. */
  go(cause: string): void {
    this.stop();
    this.#round(cause);
    this.#cancel = this.#clock.after(this.#everyMs(), () => this.go('round'));
  }

  /** Something may have been missed. */
  settle(): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#clock.after(AFTER_BREAK_MS, () => {
      this.#isSettling = false;
      this.go('interrupted');
    });
  }

  stop(): void {
    this.#cancel();
  }
}
