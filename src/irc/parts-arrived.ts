import type { Utterance } from './speech.ts';

const MAX_LINES = 5000;

/**
 * Lines of which some parts are known to have arrived and others are not, as after a link was lost in the middle: saying the
 * line again says only what is missing.
 */
export class PartsArrived {
  readonly #parts = new Map<string, Set<number>>();

  add(lineId: string, part: number): void {
    const parts = this.#parts.get(lineId) ?? new Set();
    parts.add(part);
    this.#parts.delete(lineId);
    this.#parts.set(lineId, parts);
    const [oldest] = this.#parts.keys();
    if (this.#parts.size > MAX_LINES && oldest !== undefined) this.#parts.delete(oldest);
  }

  has(lineId: string, part: number): boolean {
    return this.#parts.get(lineId)?.has(part) === true;
  }

  missing(lineId: string, utterances: readonly Utterance[]): readonly Utterance[] {
    return this.#parts.has(lineId) ? utterances.filter(({ part }) => !this.has(lineId, part)) : utterances;
  }
}
