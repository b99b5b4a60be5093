/** One run of the program: once it is killed, nothing that it asked for is ever answered. */
export class Life {
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
  }

  /** Passes an answer on to the program, if it still lives. */
  async hear<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      return this.#isOver ? await new Promise<never>(() => {}) : value;
    } catch (error) {
      if (this.#isOver) return await new Promise<never>(() => {});
      throw error;
    }
  }
}
