import type { NetworkStatus } from '../../ports/network-status.ts';

/** How the connection of the listener stands, for people. */
export class Standing {
  readonly #nowMs: () => number;
  readonly #changed: () => void;
  state: NetworkStatus['state'] = 'down';
  /** A sentence: what is wrong, or less than it could be, and what to do. */
  problem: string | undefined;
  sinceMs: number;

  constructor(nowMs: () => number, changed: () => void) {
    this.#nowMs = nowMs;
    this.#changed = changed;
    this.sinceMs = nowMs();
  }

  become(state: NetworkStatus['state'], problem?: string): void {
    // While it tries again, the reason of the last failure stays in sight.
    this.problem = state === 'connecting' ? this.problem : problem;
    if (this.state === state) return;
    this.state = state;
    this.sinceMs = this.#nowMs();
    this.#changed();
  }
}
