import type { NetworkConfig } from '../../config/schema-network.ts';
import type { BucketRules } from '../../core/pace.ts';

/** How fast the connections to one network may speak. Shared, since what one learns holds for all. */
export class Pacing {
  readonly #configured: BucketRules | undefined;
  #slowUntilMs = 0;

  constructor(pace: NetworkConfig['pace']) {
    this.#configured = pace === undefined ? undefined : { burst: pace.burst, refillMs: 1000 / pace.perSecond };
  }

  /**
   * Without a configured pace nothing but {@link WINDOW} holds lines back: a server that slows us down by reading slowly delays
   * the confirmations, and thus the next lines, by itself. Only one that complains of a flood gets a fixed pace, for a while.
   */
  rules(nowMs: number): BucketRules | undefined {
    if (this.#configured !== undefined) return this.#configured;
    return nowMs < this.#slowUntilMs ? CAREFUL : undefined;
  }

  /** The server said that we are too fast. */
  complained(nowMs: number): void {
    this.#slowUntilMs = nowMs + SLOW_MS;
  }
}

/** What classic servers take for ever (irc.md §2.5; RFC 1459 §8.10: one message in two seconds). */
const CAREFUL: BucketRules = { burst: 4, refillMs: 2000 };
const SLOW_MS = 10 * 60_000;

/**
 * Most that may be written and not yet confirmed, per connection. Less than what any server buffers for a client before it cuts it off
 * (8 KiB on InspIRCd, 20 lines on solanum).
 */
export const WINDOW = { lines: 12, bytes: 4096 } as const;
