import { type Bucket, fullBucket, takeTokens } from '../core/pace.ts';
import type { Pacing } from './pacing.ts';

/** The pace of one connection, for all that it sends by itself. */
export class Throttle {
  readonly #pacing: Pacing;
  #bucket: Bucket | undefined;

  constructor(pacing: Pacing) {
    this.#pacing = pacing;
  }

  /** Asks for leave to write one line. @returns 0 when it may go now, or after how many milliseconds to ask again */
  take(nowMs: number): number {
    const rules = this.#pacing.rules(nowMs);
    if (rules === undefined) return 0;
    const taken = takeTokens(this.#bucket ?? fullBucket(rules, nowMs), rules, nowMs);
    this.#bucket = taken.bucket;
    return taken.waitMs;
  }
}
