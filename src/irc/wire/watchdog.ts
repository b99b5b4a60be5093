export type WatchdogTimings = { readonly registrationMs: number; readonly idleMs: number; readonly deadMs: number };

/** Why a connection is to end. */
export const ENDINGS = {
  unregistered: 'the server did not finish the registration in time',
  silent: 'the server has gone silent',
  deaf: 'the server talks and does not answer',
  dismissed: 'the server said goodbye and kept the line open',
} as const;

/** What is to be done about a connection now. */
export type Verdict = 'nothing' | 'ask' | keyof typeof ENDINGS;

/** Token of its PING. */
export const WATCHDOG = 'watchdog';

/** A server that says ERROR closes the connection itself; one that does not has forgotten it. */
const GOODBYE_MS = 1000;

/** Finds half-open links: a write into one succeeds for many minutes. */
export class Watchdog {
  readonly #timings: WatchdogTimings;
  readonly #startedMs: number;
  #askedMs = 0;
  #tickedMs: number;
  #dismissedMs: number | undefined;
  /** When it was asked for an answer of its own, whatever else is heard; 0 while it is not. */
  #doubtedMs = 0;
  #isDoubted = false;
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

  /** Something that we said was not answered: what others say is heard, and ours may go nowhere. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** The server answered what it was asked. */
  answered(): void {
    this.#isDoubted = false;
    this.#doubtedMs = 0;
  }

  /** The server said its last word. */
  dismissed(nowMs: number): void {
    this.#dismissedMs ??= nowMs;
  }

  /** Reading goes on after a pause of our own. */
  resumed(nowMs: number): void {
    this.heardMs = nowMs;
    if (this.#doubtedMs > 0) this.#doubtedMs = nowMs;
  }

  /** @param isReading false while we ourselves read nothing */
  tick(nowMs: number, isRegistered: boolean, isReading: boolean): Verdict {
    const { registrationMs, idleMs, deadMs } = this.#timings;
    // We ourselves were stopped: what the server said meanwhile lies unread in the kernel.
    const wasStopped = nowMs - this.#tickedMs > 5000 + idleMs / 4;
    this.#tickedMs = nowMs;
    if (this.#dismissedMs !== undefined) return nowMs - this.#dismissedMs >= GOODBYE_MS ? 'dismissed' : 'nothing';
    if (!isReading) return 'nothing';
    if (wasStopped && this.#askedMs > 0) this.#askedMs = nowMs;
    if (wasStopped && this.#doubtedMs > 0) this.#doubtedMs = nowMs;
    if (!isRegistered) return nowMs - this.#startedMs > registrationMs ? 'unregistered' : 'nothing';
    if (this.#doubtedMs > 0 && nowMs - this.#doubtedMs >= deadMs - idleMs) return 'deaf';
    if (this.#isDoubted && this.#doubtedMs === 0) {
      this.#doubtedMs = nowMs;
      return 'ask';
    }
    if (this.#askedMs > 0) return nowMs - this.#askedMs >= deadMs - idleMs ? 'silent' : 'nothing';
    if (nowMs - this.heardMs < idleMs) return 'nothing';
    this.#askedMs = nowMs;
    return 'ask';
  }
}
