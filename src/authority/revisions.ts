import type { Freshness } from '../core/authority/member.ts';
import type { Clock } from '../ports/clock.ts';

/**
 * Freshness of answers. Taken *before* a question leaves, so that an answer that was overtaken by newer news is older
 * than these. The clock's milliseconds, so that numbers go on growing after a restart.
 */
export class Revisions {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(via: Freshness['via']): Freshness {
    const asOfMs = this.#clock.nowMs();
    this.#last = Math.max(this.#last + 1, asOfMs);
    return { asOfMs, revision: this.#last, via };
  }
}
