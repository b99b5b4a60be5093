import type { SayOnNetwork } from '../../core/events.ts';

/** Messages whose text is remembered: what people correct, they correct soon. */
const REMEMBERED = 1_000;
const MAX_CHARS = 4_000;

/** What events said on their network, in memory only: what an edit changed is seen against it. */
export class SaidTexts {
  readonly #texts = new Map<string, string>();

  /** One more line of an event was said, or what its text was changed to. */
  confirmed({ eventId, edits, line }: SayOnNetwork): void {
    const before = this.#texts.get(eventId);
    if (edits !== undefined) this.replaced(edits, line);
    else this.replaced(eventId, before === undefined ? line : `${before}\n${line}`);
  }

  /** The text of an event is another one now. */
  replaced(eventId: string, text: string): void {
    this.#texts.delete(eventId);
    this.#texts.set(eventId, text.slice(0, MAX_CHARS));
    if (this.#texts.size <= REMEMBERED) return;
    const oldest = this.#texts.keys().next();
    if (oldest.done !== true) this.#texts.delete(oldest.value);
  }

  of(eventId: string): string | undefined {
    return this.#texts.get(eventId);
  }
}
