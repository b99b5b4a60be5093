import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

/**
 * Work on a whole that many parts ask for, each for itself: done at once for the first, and once for all that ask while
 * it is done or rests. So it costs no more when ten thousand ask than its rest allows.
 */
export class Gathered {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #work: () => void | Promise<void>;
  readonly #restMs: () => number;
  #asked = false;
  #running = false;

  /** @param restMs the least time between the end of the work and its next beginning, asked for each time */
  constructor(clock: Clock, log: Log, work: () => void | Promise<void>, restMs: () => number) {
    this.#clock = clock;
    this.#log = log;
    this.#work = work;
    this.#restMs = restMs;
  }

  ask(): void {
    this.#asked = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#asked) {
      this.#asked = false;
      try {
        await this.#work();
      } catch (error) {
        this.#log.warn('something in the background failed', { error: String(error) });
      }
      await new Promise<void>((resolve) => this.#clock.after(this.#restMs(), resolve));
    }
    this.#running = false;
  }
}
