import type { Assembled } from '../../core/irc/batch-parts.ts';

type Expected = {
  readonly take: (item: Assembled) => boolean;
  readonly giveUp: () => void;
  deadlineMs: number;
};

export type Collected<T> = {
  readonly answer: Promise<T | undefined>;
  /** After that it is undefined. */
  readonly until: (deadlineMs: number) => void;
};

/** Answers that somebody waits for, each until its deadline or the end of the connection. */
export class Replies {
  #expected: Expected[] = [];

  /**
   * @param read the answer, if this item is it
   * @returns undefined when none came in time
   */
  expect<T>(deadlineMs: number, read: (item: Assembled) => T | undefined): Promise<T | undefined> {
    const { answer, until } = this.collect(read);
    until(deadlineMs);
    return answer;
  }

  /** The same for a question that takes time to ask: its deadline is set when it has been asked. */
  collect<T>(read: (item: Assembled) => T | undefined): Collected<T> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const expected: Expected = {
      deadlineMs: Number.POSITIVE_INFINITY,
      giveUp: () => resolve(undefined),
      take: (item) => {
        const answer = read(item);
        if (answer !== undefined) resolve(answer);
        return answer !== undefined;
      },
    };
    this.#expected.push(expected);
    return {
      answer: promise,
      until: (deadlineMs) => {
        expected.deadlineMs = deadlineMs;
      },
    };
  }

  /** @returns whether it was an answer */
  take(item: Assembled): boolean {
    if (this.#expected.length === 0) return false;
    const taker = this.#expected.find((expected) => expected.take(item));
    if (taker !== undefined) this.#expected = this.#expected.filter((expected) => expected !== taker);
    return taker !== undefined;
  }

  tick(nowMs: number): void {
    if (this.#expected.length === 0) return;
    const late = this.#expected.filter(({ deadlineMs }) => nowMs >= deadlineMs);
    if (late.length === 0) return;
    this.#expected = this.#expected.filter(({ deadlineMs }) => nowMs < deadlineMs);
    for (const { giveUp } of late) giveUp();
  }

  /** Nothing is read for a while, by our own choice: that does not count against anybody. */
  postpone(byMs: number): void {
    for (const expected of this.#expected) expected.deadlineMs += byMs;
  }

  closed(): void {
    for (const { giveUp } of this.#expected.splice(0)) giveUp();
  }
}
