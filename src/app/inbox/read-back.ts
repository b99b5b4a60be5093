import type { MatrixEvent } from '../../core/events.ts';
import { StoreUnavailable } from '../../ports/db.ts';
import type { Kit } from '../kit.ts';
import { UNKNOWN_ROOM } from '../rooms/is-gone.ts';
import type { LostRooms } from '../rooms/lost-rooms.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Signal } from '../timing/signal.ts';
import type { MatrixInbox } from './matrix-inbox.ts';
import { FLOOR, type RoomAnchors } from './room-anchors.ts';
import { readStretch, type Stretch } from './room-history.ts';

/** Rooms read at the same time. */
const AT_ONCE = 4;
/** A room that the homeserver cannot show for so long goes on without. */
const PATIENCE_MS = 60_000;
/**
 * Dendrite pushes a batch that was in flight when it went down about 27 s after newer ones, and what it had accepted may
 * take as long to show: rooms that were talked in are looked at once more after this time.
 */
const SECOND_LOOK_MS = 35_000;
const BUG_WAIT_MS = 5_000;

export type ReadBackParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly anchors: RoomAnchors;
  readonly inbox: () => MatrixInbox;
  readonly stopping: () => boolean;
  readonly stop: Signal;
  /** What follows where the homeserver does not have what it had. */
  readonly lost: Pick<LostRooms, 'suspect' | 'notSeen'>;
};

/**
 * After a break of either source of Matrix events each room is read back to the last event known in both, before its
 * lane goes on: only `/messages` was seen to be complete.
 */
export class ReadBack {
  readonly #parts: ReadBackParts;
  /** Rooms whose lanes wait. */
  readonly #held = new Set<string>();
  readonly #queue: string[] = [];
  readonly #reading = new Set<string>();
  /** Rooms that are being read and must be read anew because of a later break, before they are let go. */
  readonly #again = new Set<string>();
  #begun = false;
  #cancelSecondLook: (() => void) | undefined;

  constructor(parts: ReadBackParts) {
    this.#parts = parts;
  }

  isHeld(room: string): boolean {
    return this.#held.has(room);
  }

  get waiting(): number {
    return this.#held.size;
  }

  /** Nothing is read before this; rooms may be held before it, so that nothing that comes in first is out of order. */
  begin(): void {
    this.#begun = true;
    this.#next();
  }

  /** Every room is to be read back, the most recently used first. */
  interrupted(source: string, why: string): void {
    const { kit, portals } = this.#parts;
    const linked = [...portals.all(), ...portals.directs()].filter((portal) => portal.roomId !== undefined);
    linked.sort((a, b) => lastUsed(b) - lastUsed(a));
    if (linked.length > 0) kit.log.info('reading rooms back after a break', { source, why, rooms: linked.length });
    for (const portal of linked) if (portal.roomId !== undefined) this.hold(portal.roomId);
    this.#cancelSecondLook?.();
    this.#cancelSecondLook = kit.clock.after(SECOND_LOOK_MS, () => this.#lookTwice());
  }

  /** This room is to be read back; its lane waits for that from now on. */
  hold(room: string): void {
    if (this.#parts.anchors.get(room) === undefined) return;
    if (this.#reading.has(room)) this.#again.add(room);
    else if (!this.#held.has(room)) this.#queue.push(room);
    this.#held.add(room);
    this.#next();
  }

  /** Somebody said something in a room that waits: it is read before the silent ones. */
  prefer(room: string): void {
    const at = this.#queue.indexOf(room);
    if (at > 0) this.#queue.unshift(...this.#queue.splice(at, 1));
  }

  stop(): void {
    this.#cancelSecondLook?.();
  }

  /** Rooms in which something happened lately are read once more; one that is still being read is read late enough. */
  #lookTwice(): void {
    const { portals, kit } = this.#parts;
    const sinceMs = kit.clock.nowMs() - 10 * 60_000;
    for (const portal of [...portals.all(), ...portals.directs()]) {
      const { roomId } = portal;
      if (roomId !== undefined && lastUsed(portal) > sinceMs && !this.#reading.has(roomId)) this.hold(roomId);
    }
  }

  #next(): void {
    while (this.#begun && this.#reading.size < AT_ONCE) {
      const room = this.#queue.shift();
      if (room === undefined) return;
      this.#reading.add(room);
      void this.#read(room).finally(() => {
        this.#reading.delete(room);
        if (this.#again.delete(room)) this.#queue.push(room);
        this.#next();
      });
    }
  }

  async #read(room: string): Promise<void> {
    const { kit, portals, inbox, anchors, stop } = this.#parts;
    const portal = portals.anyByRoom(room);
    const anchor = anchors.get(room);
    if (portal === undefined || anchor === undefined) {
      this.#held.delete(room);
      return;
    }
    try {
      const floor = await this.#retry(() => kit.db.transaction((sql) => kit.stores.cursor.get(sql, FLOOR + room)));
      const events = await this.#events(room, { anchor, floor });
      if (events === undefined) return; // stopping: the room stays unread, and is read at the next start
      kit.failpoint('during-read-back');
      const news = await this.#retry(() => inbox().insertReadBack(portal, events));
      if (news === undefined) return;
      kit.metrics.readBackEvents.add(news);
      const newest = events.at(-1);
      await this.#retry(() =>
        inbox().release(portal, {
          mayGo: () => !this.#again.has(room),
          open: () => {
            if (!this.#again.has(room)) this.#held.delete(room);
            if (newest !== undefined) anchors.set(room, newest.event_id);
          },
        }),
      );
    } catch (error) {
      // What waits for the room must not be forgotten, nor be overtaken: it stays held, and is read anew.
      kit.log.error('a room could not be read back; it is tried again', { room, error: String(error) });
      await stop.wait(BUG_WAIT_MS);
      this.#again.add(room);
    }
  }

  /** Events after the anchor, oldest first; undefined when the program stops. */
  async #events(room: string, stretch: Omit<Stretch, 'nowMs'>): Promise<readonly MatrixEvent[] | undefined> {
    const { kit, portals, stopping, stop, lost } = this.#parts;
    const backoff = new Backoff(kit.clock, 200, 5_000);
    let giveUpAtMs: number | undefined;
    for (;;) {
      if (stopping()) return undefined;
      const read = await readStretch(kit.homeserver, room, { ...stretch, nowMs: kit.clock.nowMs() });
      if (read.ok) {
        if (!read.value.hasAnchor) await lost.notSeen(room, stretch.anchor);
        kit.metrics.readBacks.add({ outcome: read.value.complete ? 'complete' : 'bounded' });
        if (!read.value.complete)
          kit.log.warn('a room was read back only in part: the last event known in it was not found', {
            room,
            events: read.value.events.length,
          });
        return read.value.events;
      }
      // The clock of our patience runs only while the homeserver answers at all.
      giveUpAtMs = kit.homeserver.health.reachable ? (giveUpAtMs ?? kit.clock.nowMs() + PATIENCE_MS) : undefined;
      const over = giveUpAtMs !== undefined && kit.clock.nowMs() > giveUpAtMs;
      // A private conversation gets another room when somebody writes in it again.
      if (read.error.code === UNKNOWN_ROOM && portals.byRoom(room) !== undefined) {
        const isLost = await lost.suspect(room);
        if (isLost.ok && isLost.value) return [];
      }
      if (read.error.retry === 'never' || over) {
        kit.metrics.readBacks.add({ outcome: 'failed' });
        kit.log.warn('a room cannot be read back; lines said during the break may be missing on its network', {
          room,
          why: read.error.text,
        });
        return [];
      }
      await stop.wait(Math.max(read.error.waitMs ?? 0, backoff.nextMs()));
    }
  }

  /** The same again while the database is away. */
  async #retry<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { stopping, stop } = this.#parts;
    while (!stopping()) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        await stop.wait(500);
      }
    }
    return undefined;
  }
}

const lastUsed = (portal: Portal): number => Math.max(portal.lastToMatrixMs ?? 0, portal.lastToNetworkMs ?? 0);
