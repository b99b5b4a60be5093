/** Runs work, at most so many pieces of it at the same time, in the order of asking. */
export class Turns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #idlers: (() => void)[] = [];
  #busy = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    const end = await this.ask();
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** Resolves when it is one's turn, with what ends it; to be called once. */
  async ask(): Promise<() => void> {
    if (this.#busy >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    return () => {
      const next = this.#waiting.shift();
      if (next !== undefined) return next();
      this.#busy--;
      if (this.#busy > 0) return;
      for (const go of this.#idlers) go();
      this.#idlers = [];
    };
  }

  /** Resolves when nobody has a turn, at once where nobody has one now. */
  idle(): Promise<void> {
    return this.#busy === 0 ? Promise.resolve() : new Promise((resolve) => this.#idlers.push(resolve));
  }
}
