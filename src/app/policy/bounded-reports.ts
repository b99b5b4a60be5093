import type { Clock } from '../../ports/clock.ts';

const WINDOW_MS = 10 * 60_000;
const MOST = 20;
const REMEMBERED = 10_000;

/** Tells admins of people one by one, each once, and of a crowd only how many: a raid must not fill the admin room. */
export class BoundedReports {
  readonly #clock: Clock;
  readonly #say: (text: string) => void;
  readonly #told = new Set<string>();
  #said = 0;
  #leftOut = 0;
  #endsAtMs = 0;

  constructor(clock: Clock, say: (text: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** @param about nothing is said twice about the same */
  say(about: string, text: string): void {
    if (this.#told.has(about)) return;
    if (this.#told.size >= REMEMBERED) this.#told.clear();
    this.#told.add(about);
    this.#begin();
    if (this.#said < MOST) this.#say(text);
    else this.#leftOut++;
    this.#said++;
  }

  #begin(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#endsAtMs) return;
    this.#endsAtMs = nowMs + WINDOW_MS;
    this.#said = 0;
    this.#clock.after(WINDOW_MS, () => {
      if (this.#leftOut > 0)
        this.#say(`Policy lists meant ${this.#leftOut} more people, who are not named here one by one.`);
      this.#leftOut = 0;
    });
  }
}
