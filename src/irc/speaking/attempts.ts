import type { OutgoingLine } from '../../ports/network.ts';
import { partId, type Utterance } from './speech.ts';

type Attempt = {
  /** When the first of it was written, in this process. */
  writtenMs: number | undefined;
  /** Id of an arrived part or piece → text of the part: split anew for another connection, the same number means other words. */
  readonly arrived: Map<string, string>;
  /** Id of a piece of which nobody knows whether it arrived → its words as others read them. */
  readonly inDoubt: Map<string, string>;
};

const MAX_LINES = 5000;
const NONE: ReadonlyMap<string, string> = new Map();

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

  /** @param id of the part, or of a piece of it. @param text of the part */
  arrived(lineId: string, id: string, text: string): void {
    this.#of(lineId).arrived.set(id, text);
  }

  /** It was not confirmed as a whole: what the server took of it has arrived. */
  cut(lineId: string, pieces: readonly { readonly accepted: boolean; readonly utterance: Utterance }[]): void {
    const missing = new Set(pieces.flatMap(({ accepted, utterance }) => (accepted ? [] : [utterance.part])));
    const { inDoubt } = this.#of(lineId);
    for (const { accepted, utterance } of pieces) {
      const { id, part, text, body } = utterance;
      if (accepted) this.arrived(lineId, id, text);
      else if (id !== partId(lineId, part)) inDoubt.set(id, body);
      if (!missing.has(part)) this.arrived(lineId, partId(lineId, part), text);
    }
  }

  /** Pieces of which nobody knows, with their words: a server that lets no tags through shows nothing else of them. */
  inDoubt(lineId: string): ReadonlyMap<string, string> {
    return this.#attempts.get(lineId)?.inDoubt ?? NONE;
  }

  missing(line: OutgoingLine, utterances: readonly Utterance[]): readonly Utterance[] {
    const arrived = this.#attempts.get(line.id)?.arrived;
    if (arrived === undefined || arrived.size === 0) return utterances;
    return utterances.filter(({ id, part }) =>
      [id, partId(line.id, part)].every((known) => arrived.get(known) !== line.parts[part]),
    );
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
    const attempt: Attempt = { writtenMs: undefined, arrived: new Map(), inDoubt: new Map() };
    this.#attempts.set(lineId, attempt);
    return attempt;
  }
}
