import type { OutgoingLine } from '../../ports/network.ts';
import type { Utterance } from './speech.ts';

type Attempt = {
  /** When the first of it was written, in this process. */
  writtenMs: number | undefined;
  /** Number of an arrived part → its text: split anew for another connection, the same number means other words. */
  readonly arrived: Map<number, string>;
};

const MAX_LINES = 5000;

/**
 * What became of lines that were not confirmed as a whole, as after a link was lost in the middle: saying such a line again
 * says only what is missing.
 */
export class Attempts {
  readonly #attempts = new Map<string, Attempt>();

  wrote(lineId: string, nowMs: number): void {
    this.#of(lineId).writtenMs ??= nowMs;
  }

  /** Since when a line may be found. @param sinceMs as far as the caller knows */
  writtenSince(lineId: string, sinceMs: number): number {
    return Math.max(this.#attempts.get(lineId)?.writtenMs ?? sinceMs, sinceMs);
  }

  arrived(lineId: string, part: number, text: string): void {
    this.#of(lineId).arrived.set(part, text);
  }

  missing(line: OutgoingLine, utterances: readonly Utterance[]): readonly Utterance[] {
    const arrived = this.#attempts.get(line.id)?.arrived;
    if (arrived === undefined || arrived.size === 0) return utterances;
    return utterances.filter(({ part }) => arrived.get(part) !== line.parts[part]);
  }

  /** The line is done with. */
  forget(lineId: string): void {
    this.#attempts.delete(lineId);
  }

  #of(lineId: string): Attempt {
    const known = this.#attempts.get(lineId);
    if (known !== undefined) return known;
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size >= MAX_LINES && oldest !== undefined) this.#attempts.delete(oldest);
    const attempt: Attempt = { writtenMs: undefined, arrived: new Map() };
    this.#attempts.set(lineId, attempt);
    return attempt;
  }
}
