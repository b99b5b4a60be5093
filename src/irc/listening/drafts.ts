import type { NetworkMessage } from '../../core/events.ts';

/** How often the room is shown what a message says that is still being written. */
const EVERY_MS = 3000;
const MAX_WRITTEN = 500;

type Writing = { shownMs: number; held: NetworkMessage | undefined };

/**
 * Messages that are written before everybody's eyes, edit by edit, as programs do it: each edit would be an event of the room. Some of them are
 * shown, and the last one surely. One that is passed over is kept as seen, so that history does not bring it behind a later one.
 */
export class Drafts {
  /** By whose edits of which message. */
  readonly #writing = new Map<string, Writing>();

  /** @returns what is to be given on now, in order */
  take(message: NetworkMessage, nowMs: number): readonly NetworkMessage[] {
    const id = writingOf(message);
    if (id === undefined) return [message];
    const writing = this.#writing.get(id);
    const passedOver = writing?.held === undefined ? [] : [superseded(writing.held)];
    if (message.unfinished !== true) {
      this.#writing.delete(id);
      return [...passedOver, message];
    }
    if (writing !== undefined && nowMs - writing.shownMs < EVERY_MS) {
      writing.held = message;
      return passedOver;
    }
    this.#writing.set(id, { shownMs: nowMs, held: undefined });
    return [...passedOver, message];
  }

  /** @returns what has waited long enough */
  tick(nowMs: number): readonly NetworkMessage[] {
    const due: NetworkMessage[] = [];
    for (const [id, writing] of this.#writing) {
      if (nowMs - writing.shownMs < EVERY_MS && this.#writing.size <= MAX_WRITTEN) continue;
      if (writing.held === undefined) this.#writing.delete(id);
      else {
        due.push(writing.held);
        this.#writing.set(id, { shownMs: nowMs, held: undefined });
      }
    }
    return due;
  }
}

/** The same for what history tells at once: of several versions that were not finished the last one counts. */
export function withoutDrafts(messages: readonly NetworkMessage[]): readonly NetworkMessage[] {
  const last = new Map(messages.map((message, index) => [writingOf(message), index]));
  return messages.map((message, index) => {
    const id = writingOf(message);
    const isLast = id === undefined || last.get(id) === index;
    return isLast || message.unfinished !== true ? message : superseded(message);
  });
}

const superseded = (message: NetworkMessage): NetworkMessage => ({ ...message, superseded: true });

/** Only whoever writes it passes over a version of theirs: that somebody may edit it is decided later. */
function writingOf({ channel, edits, source }: NetworkMessage): string | undefined {
  return edits && [channel, edits, source.nick, source.host ?? '', source.origin ?? ''].join(' ');
}
