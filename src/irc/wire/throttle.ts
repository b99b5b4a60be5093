import { type Bucket, fullBucket, takeTokens } from '../../core/pace.ts';
import type { Pacing } from './pacing.ts';

/** The pace of one connection, for all that it sends by itself. */
export interface Throttle {
  /** Asks for leave to say one thing. @returns 0 when it may go now, or after how many milliseconds to ask again */
  take(nowMs: number): number;
  /** The same for a command that says nothing. */
  takeCommand(nowMs: number): number;
  /** The server has answered for the oldest thing said, which it had not answered for. */
  answered(nowMs: number): void;
}

/** Servers that count what comes in, however fast: a bucket of tokens for everything. */
export class BucketThrottle implements Throttle {
  readonly #pacing: Pacing;
  #bucket: Bucket | undefined;

  constructor(pacing: Pacing) {
    this.#pacing = pacing;
  }

  take(nowMs: number): number {
    const rules = this.#pacing.rules(nowMs);
    if (rules === undefined) return 0;
    const taken = takeTokens(this.#bucket ?? fullBucket(rules, nowMs), rules, nowMs);
    this.#bucket = taken.bucket;
    return taken.waitMs;
  }

  takeCommand(nowMs: number): number {
    return this.take(nowMs);
  }

  answered(): void {}
}
