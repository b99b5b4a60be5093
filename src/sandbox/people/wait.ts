import { setTimeout as delay } from 'node:timers/promises';

export type WaitOptions = {
  /** Ten seconds unless told. */
  readonly timeoutMs?: number;
  /** For the message when it does not come: `bob's greeting in #commons`; or what is to be seen then. */
  readonly what?: string | (() => unknown);
};

const POLL_MS = 10;

/** Resolves with the first value of `look` that is neither undefined nor false; fails at the deadline, saying what was waited for. */
export async function waitUntil<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 10_000, what = 'the condition' } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) {
      const words = typeof what === 'string' ? what : JSON.stringify(await what());
      throw new Error(`Waited ${timeoutMs / 1000} s for ${words}.`);
    }
    await delay(POLL_MS);
  }
}
