import { type Bucket, fullBucket, takeTokens } from '../../core/pace.ts';
import type { Clock } from '../../ports/clock.ts';

/** Keeps to the number of new connections a second that a network allows. */
export class ConnectPace {
  readonly #clock: Clock;
  readonly #perSecond: () => number;
  #bucket: Bucket | undefined;

  constructor(clock: Clock, perSecond: () => number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Resolves when one more connection may be opened. */
  async turn(): Promise<void> {
    for (;;) {
      const perSecond = this.#perSecond();
      const rules = { burst: Math.max(perSecond, 1), refillMs: 1000 / perSecond };
      const nowMs = this.#clock.nowMs();
      const taken = takeTokens(this.#bucket ?? fullBucket(rules, nowMs), rules, nowMs);
      this.#bucket = taken.bucket;
      if (taken.waitMs === 0) return;
      await new Promise<void>((resolve) => void this.#clock.after(taken.waitMs, resolve));
    }
  }
}
