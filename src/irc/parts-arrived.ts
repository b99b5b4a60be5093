import type { OutgoingLine } from '../ports/network.ts';
import type { Utterance } from './speech.ts';

const MAX_LINES = 5000;

/**
 * Lines of which some parts are known to have arrived and others are not, as after a link was lost in the middle: saying the
 * line again says only what is missing.
 */
export class PartsArrived {
  /** Line → number of the part → its text: split anew for another connection, the same number means other words. */
  readonly #parts = new Map<string, Map<number, string>>();

  add(lineId: string, part: number, text: string): void {
    const parts = this.#parts.get(lineId) ?? new Map<number, string>();
    parts.set(part, text);
    this.#parts.delete(lineId);
    this.#parts.set(lineId, parts);
    const [oldest] = this.#parts.keys();
    if (this.#parts.size > MAX_LINES && oldest !== undefined) this.#parts.delete(oldest);
  }

  missing(line: OutgoingLine, utterances: readonly Utterance[]): readonly Utterance[] {
    const parts = this.#parts.get(line.id);
    return parts === undefined ? utterances : utterances.filter(({ part }) => parts.get(part) !== line.parts[part]);
  }
}
