import type { Clock } from '../../src/ports/clock.ts';

const TICK_MS = 2;

type Timer = { readonly atMs: number; readonly run: () => void };

/**
 * Time that runs faster than the wall's, for programs that talk to real servers: each turn of a real timer moves it a
 * step, so that a busy machine slows it instead of making everything late.
 */
export class SteppedClock implements Clock {
  readonly #stepMs: number;
  #nowMs = 1_763_700_000_000;
  #timers: Timer[] = [];
  readonly #ticker: NodeJS.Timeout;

  /** @param speed seconds of this clock in one of the wall's, at most */
  constructor(speed = 10) {
    this.#stepMs = TICK_MS * speed;
    this.#ticker = setInterval(() => this.#step(), TICK_MS);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  random(): number {
    return 0.5;
  }

  /** Timers that nobody cancelled and whose time has not come. */
  get pending(): number {
    return this.#timers.length;
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#timers = [];
  }

  #step(): void {
    this.#nowMs += this.#stepMs;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const timer of due) {
      if (!this.#timers.includes(timer)) continue;
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.run();
    }
  }
}
