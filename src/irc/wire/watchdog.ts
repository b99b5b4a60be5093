export type WatchdogTimings = { readonly registrationMs: number; readonly idleMs: number; readonly deadMs: number };

/** What is to be done about a connection now. */
export type Verdict = 'nothing' | 'ask' | 'unregistered' | 'silent';

/** Finds half-open links: a write into one succeeds for many minutes. */
export class Watchdog {
  readonly #timings: WatchdogTimings;
  readonly #startedMs: number;
  #askedMs = 0;
  #tickedMs: number;
  /** When something was last heard. */
  heardMs: number;

  constructor(timings: WatchdogTimings, nowMs: number) {
    this.#timings = timings;
    this.#startedMs = nowMs;
    this.heardMs = nowMs;
    this.#tickedMs = nowMs;
  }

  heard(nowMs: number): void {
    this.heardMs = nowMs;
    this.#askedMs = 0;
  }

  /** Reading goes on after a pause of our own. */
  resumed(nowMs: number): void {
    this.heardMs = nowMs;
  }

  /** @param isReading false while we ourselves read nothing */
  tick(nowMs: number, isRegistered: boolean, isReading: boolean): Verdict {
    const { registrationMs, idleMs, deadMs } = this.#timings;
    // We ourselves were stopped: what the server said meanwhile lies unread in the kernel.
    const wasStopped = nowMs - this.#tickedMs > 5000 + idleMs / 4;
    this.#tickedMs = nowMs;
    if (!isReading) return 'nothing';
    if (wasStopped && this.#askedMs > 0) this.#askedMs = nowMs;
    if (!isRegistered) return nowMs - this.#startedMs > registrationMs ? 'unregistered' : 'nothing';
    if (this.#askedMs > 0) return nowMs - this.#askedMs >= deadMs - idleMs ? 'silent' : 'nothing';
    if (nowMs - this.heardMs < idleMs) return 'nothing';
    this.#askedMs = nowMs;
    return 'ask';
  }
}
