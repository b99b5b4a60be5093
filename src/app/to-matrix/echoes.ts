import { markerKeys } from '../../core/convert/marker.ts';
import type { MatrixEvent } from '../../core/events.ts';

/** How many of our own events are remembered. */
const REMEMBERED = 20_000;

/**
 * Our own events as the homeserver shows them to us, by the keys in their markers. They settle sends whose answer was
 * lost, and betray a second copy of a line: the first event of a key is the line, another one is a double.
 */
export class Echoes {
  readonly #events = new Map<string, string>();

  /** @returns the event that stood for its lines before, if all of them were said already: this one is a double */
  seen(event: MatrixEvent): string | undefined {
    const keys = markerKeys(event.content);
    let first: string | undefined;
    let isDouble = keys.length > 0;
    for (const key of keys) {
      const known = this.#events.get(key);
      if (known === undefined) this.#remember(key, event.event_id);
      if (known === undefined || known === event.event_id) isDouble = false;
      else first = known;
    }
    return isDouble ? first : undefined;
  }

  sent(keys: readonly string[], eventId: string): void {
    for (const key of keys) if (!this.#events.has(key)) this.#remember(key, eventId);
  }

  /** The event that carries this key, if one was seen. */
  eventOf(key: string): string | undefined {
    return this.#events.get(key);
  }

  #remember(key: string, eventId: string): void {
    this.#events.set(key, eventId);
    if (this.#events.size <= REMEMBERED) return;
    const oldest = this.#events.keys().next();
    if (oldest.done !== true) this.#events.delete(oldest.value);
  }
}
