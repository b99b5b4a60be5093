import { type Bucket, type BucketRules, fullBucket, takeTokens } from '../../core/pace.ts';
import type { Throttle } from '../wire/throttle.ts';

/** freeq refuses the sixth message within two seconds of one connection… */
const MESSAGES = 5;
const WINDOW_MS = 2000;
/** …as its own clock counts, which may be a little slower than ours. */
const MARGIN_MS = 60;
/** It drops commands beyond 10 at once and 10 a second, with a notice only. */
const COMMANDS: BucketRules = { burst: 6, refillMs: 150 };
const LOOK_AGAIN_MS = 250;

/**
 * The pace of one connection to freeq. A place in the window is free again two seconds after the server answered, not after we wrote: however
 * long lines lie on the way, and however they bunch up, the server never counts six.
 */
export class WindowThrottle implements Throttle {
  #unanswered = 0;
  /** When the last ones were answered, the oldest first. */
  #answeredMs: number[] = [];
  #bucket: Bucket | undefined;

  take(nowMs: number): number {
    this.#answeredMs = this.#answeredMs.filter((atMs) => nowMs - atMs < WINDOW_MS + MARGIN_MS);
    const [oldestMs] = this.#answeredMs;
    if (this.#unanswered + this.#answeredMs.length >= MESSAGES)
      return oldestMs === undefined ? LOOK_AGAIN_MS : oldestMs + WINDOW_MS + MARGIN_MS - nowMs;
    const waitMs = this.takeCommand(nowMs);
    if (waitMs === 0) this.#unanswered++;
    return waitMs;
  }

  takeCommand(nowMs: number): number {
    const taken = takeTokens(this.#bucket ?? fullBucket(COMMANDS, nowMs), COMMANDS, nowMs);
    this.#bucket = taken.bucket;
    return taken.waitMs;
  }

  answered(nowMs: number): void {
    if (this.#unanswered === 0) return;
    this.#unanswered--;
    this.#answeredMs.push(nowMs);
  }
}
