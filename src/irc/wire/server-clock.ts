import type { IrcLine } from '../../core/irc/line.ts';
import { timeOf } from '../listening/reading.ts';

/** So far apart two lines of one clock are not. */
const OTHER_CLOCK_MS = 5_000;
const ASK_EVERY_MS = 10_000;

const isNumeric = (command: string): boolean => /^\d{3}$/.test(command);

/** What the server's clock is ahead of ours, from the times of its lines: times in history and in our questions for it are the server's. */
export class ServerClock {
  aheadMs = 0;
  /** When it was asked for its time; undefined while it has told none. */
  #askedMs: number | undefined;

  /**
   * Lines of people carry the time of the server that they are on: where it is another, this one is asked for its own.
   * @param line with a time
   * @returns whether the server is to be asked now
   */
  learn(line: IrcLine, nowMs: number): boolean {
    const aheadMs = timeOf(line, nowMs) - nowMs;
    const isItsOwn = line.command === 'PONG' || isNumeric(line.command);
    if (isItsOwn || this.#askedMs === undefined) this.aheadMs = aheadMs;
    if (isItsOwn) this.#askedMs ??= 0;
    else if (Math.abs(aheadMs - this.aheadMs) > OTHER_CLOCK_MS && nowMs - (this.#askedMs ?? nowMs) > ASK_EVERY_MS) {
      this.#askedMs = nowMs;
      return true;
    }
    return false;
  }
}
