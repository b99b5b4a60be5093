import type { BridgeError } from '../../core/errors.ts';
import { backoffMs } from '../../core/pace.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Timings } from '../wire/timings.ts';
import { isBan } from './pool-errors.ts';

type Block = {
  readonly error: BridgeError;
  readonly untilMs: number;
  /** In a row; 0 where nobody banned them. */
  readonly bans: number;
  /** The time is over: they may be tried. Kept, since the next ban counts on. */
  readonly isOver: boolean;
};

/** Jitter: those who were banned together are not tried together. */
const FLOOR = 0.8;
/** Who was not banned again for so long after they were tried starts anew. */
const FORGET_MS = 3_600_000;
const MAX_REMEMBERED = 10_000;

/**
 * Who gets no connection for a while, and why. What failed is tried again after a minute, when the person speaks. A ban may be lifted any
 * time, and a server that bans is not to be pestered: it is tried at intervals that grow up to an hour, and of many people only one now
 * and then, until one is let in.
 */
export class Blocks {
  readonly #clock: Clock;
  readonly #timings: Timings;
  readonly #blocks = new Map<string, Block>();
  #nextTryMs = 0;

  constructor(clock: Clock, timings: Timings) {
    this.#clock = clock;
    this.#timings = timings;
  }

  /** Why they are not tried now; undefined where they are. */
  of(userId: string): Pick<Block, 'error' | 'untilMs'> | undefined {
    const block = this.#blocks.get(userId);
    return block?.isOver === true ? undefined : block;
  }

  add(userId: string, error: BridgeError): void {
    const nowMs = this.#clock.nowMs();
    const { banFirstMs: firstMs, banMaxMs: maxMs, retryPuppetMs } = this.#timings;
    const before = this.#blocks.get(userId)?.bans ?? 0;
    const bans = isBan(error) ? before + 1 : 0;
    const waitMs =
      bans === 0 ? retryPuppetMs : backoffMs({ firstMs, maxMs, floor: FLOOR }, bans - 1, this.#clock.random());
    this.#blocks.delete(userId);
    this.#blocks.set(userId, { error, untilMs: nowMs + waitMs, bans, isOver: false });
    if (this.#blocks.size <= MAX_REMEMBERED) return;
    const oldest = this.#blocks.keys().next();
    if (oldest.done !== true) this.#blocks.delete(oldest.value);
  }

  /** The network was away: what failed before may have been its doing, a ban was not. */
  networkBack(): void {
    for (const [userId, { bans }] of this.#blocks) if (bans === 0) this.#blocks.delete(userId);
  }

  /** The server let one of them in: it may let in the others. */
  letIn(): void {
    this.#nextTryMs = 0;
  }

  /** Looks at the times. @returns who was banned and is to be tried now */
  tick(nowMs: number, networkUp: boolean): string | undefined {
    let next: string | undefined;
    for (const [userId, block] of this.#blocks) {
      if (nowMs < block.untilMs) continue;
      if (block.bans === 0 || (block.isOver && nowMs - block.untilMs > FORGET_MS)) this.#blocks.delete(userId);
      else if (!block.isOver && networkUp && nowMs >= this.#nextTryMs) {
        this.#nextTryMs = nowMs + this.#timings.banGapMs;
        this.#blocks.set(userId, { ...block, untilMs: nowMs, isOver: true });
        next = userId;
      }
    }
    return next;
  }
}
