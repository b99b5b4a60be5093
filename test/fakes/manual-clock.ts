import type { Clock } from '../../src/ports/clock.ts';

/** Turns of the event loop that a program gets between two jumps of the clock. */
const TURNS = 8;
const TURNS_WITHOUT_TIMER = 2_000;

type Timer = { readonly atMs: number; readonly run: () => void };

/** A clock that stands still until a test moves it. Chance is a fixed sequence. */
export class ManualClock implements Clock {
  #nowMs = 1_763_700_000_000;
  #timers: Timer[] = [];
  #seed = 1;

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), run };
    const at = this.#timers.findIndex((other) => other.atMs > timer.atMs);
    this.#timers.splice(at < 0 ? this.#timers.length : at, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  random(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Moves on, running what is due on the way, each at its time. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#timers[0]; next !== undefined && next.atMs <= endMs; next = this.#timers[0]) {
      this.#timers.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }

  /** Lets the program run, and jumps to its next timer whenever it waits for nothing else, until the condition holds. */
  async until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 3_600_000): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    for (let idle = 0; ; ) {
      if (await condition()) return;
      for (let turn = 0; turn < TURNS; turn++) await turnOfLoop();
      const next = this.#timers[0];
      if (next === undefined || next.atMs > endMs) {
        if (++idle > TURNS_WITHOUT_TIMER / TURNS) throw new Error(`not within ${limitMs} ms: ${what}`);
        continue;
      }
      idle = 0;
      this.advance(next.atMs - this.#nowMs);
    }
  }

  /** Lets so much time pass, with turns of the event loop at every timer on the way. */
  async pass(ms: number): Promise<void> {
    let over = false;
    this.after(ms, () => {
      over = true;
    });
    await this.until(`${ms} ms passed`, () => over, ms + 1);
    for (let turn = 0; turn < TURNS; turn++) await turnOfLoop();
  }
}

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
