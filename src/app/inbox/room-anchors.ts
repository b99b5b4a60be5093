import { SEEN } from '../../ports/stores.ts';

const BOTH = SEEN.push | SEEN.sync;
const REMEMBERED = 400;

/**
 * For each room the newest event that came by both ways while both were whole: everything up to it is known, so that
 * reading back may stop there. It stands still while a room waits to be read back.
 */
export class RoomAnchors {
  readonly #anchors: Map<string, string>;
  readonly #recent = new Map<string, Map<string, number>>();
  readonly #dirty = new Set<string>();

  constructor(stored: ReadonlyMap<string, string>) {
    this.#anchors = new Map(stored);
  }

  get(room: string): string | undefined {
    return this.#anchors.get(room);
  }

  set(room: string, eventId: string): void {
    this.#anchors.set(room, eventId);
    this.#recent.delete(room);
    this.#dirty.add(room);
  }

  /** An event arrived, in the order of its source. */
  seen(room: string, eventId: string, bit: number): void {
    const recent = this.#recent.get(room) ?? new Map<string, number>();
    this.#recent.set(room, recent);
    const bits = (recent.get(eventId) ?? 0) | bit;
    recent.set(eventId, bits);
    if ((bits & BOTH) === BOTH) {
      this.#anchors.set(room, eventId);
      this.#dirty.add(room);
      for (const earlier of recent.keys()) {
        recent.delete(earlier);
        if (earlier === eventId) break;
      }
    }
    if (recent.size > REMEMBERED) {
      const oldest = recent.keys().next();
      if (oldest.done !== true) recent.delete(oldest.value);
    }
  }

  /** What {@link takeDirty} gave was not stored after all. */
  notStored(moved: readonly (readonly [room: string, eventId: string])[]): void {
    for (const [room] of moved) this.#dirty.add(room);
  }

  /** Anchors that moved since the last call; to be stored. */
  takeDirty(): [room: string, eventId: string][] {
    const moved = [...this.#dirty].map((room): [string, string] => [room, this.#anchors.get(room) ?? '']);
    this.#dirty.clear();
    return moved;
  }
}

/** Names of cursors: the anchor of a room, and its newest event when it was linked. */
export const ANCHOR = 'anchor:';
export const FLOOR = 'floor:';
