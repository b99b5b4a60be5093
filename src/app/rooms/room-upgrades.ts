import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import { type Successor, successorOf } from '../../core/room/successor.ts';
import type { Sql } from '../../ports/db.ts';
import type { Kit } from '../kit.ts';
import type { Entry } from '../lanes/ledger.ts';
import { inBackground } from '../timing/background.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Signal } from '../timing/signal.ts';
import type { Portal, PortalTable } from './portal-table.ts';

/** Cursors: a link whose room was replaced and that is not in the new one yet; where a room's lines go since. */
const MOVING = 'moving:';
const MOVED = 'moved:';
/** Somebody has to act: they will not think of telling us. */
const PATIENCE_MS = 30_000;

export type RoomUpgradesParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  /** One try to take the new room for this link and store it as the link's; `note` goes into the same commit. */
  readonly adopt: (portal: Portal, successor: Successor, note: (sql: Sql) => Promise<void>) => Promise<Result<void>>;
  /** What is kept in memory of a room goes along. */
  readonly onMoved: (from: string, to: string) => void;
  readonly stopping: () => boolean;
  /** Raised when the program stops, and when the bot was invited somewhere. */
  readonly nudge: Signal;
};

/**
 * Follows rooms that people replace by newer ones. What waits for the old room goes to the new one; until the bot is in there, the
 * lane waits.
 */
export class RoomUpgrades {
  readonly #parts: RoomUpgradesParts;
  readonly #moving = new Map<string, Successor>();
  readonly #moved = new Map<string, string>();
  /** Rooms that are not there any more, while another one is made. */
  readonly #gone = new Set<string>();

  constructor(parts: RoomUpgradesParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier process began. */
  async load(): Promise<void> {
    const { kit, portals } = this.#parts;
    const [moving, moved] = await kit.db.transaction((sql) =>
      Promise.all([kit.stores.cursor.list(sql, MOVING), kit.stores.cursor.list(sql, MOVED)]),
    );
    for (const [name, to] of moved) this.#moved.set(name.slice(MOVED.length), to);
    for (const [name, to] of moving) {
      const from = name.slice(MOVING.length);
      if (portals.byRoom(from) !== undefined) this.#moving.set(from, { from, to });
    }
  }

  /** Goes on with what an earlier process did not finish. */
  start(): void {
    for (const successor of this.#moving.values()) this.#begin(successor);
  }

  async seen({ sql, afterCommit }: Pick<Entry, 'sql' | 'afterCommit'>, event: MatrixEvent): Promise<void> {
    if (event.type !== 'm.room.tombstone' || event.state_key !== '') return;
    const { cursor } = this.#parts.kit.stores;
    const successor = successorOf(event);
    const from = event.room_id;
    // The newest tombstone counts: people correct one that names the wrong room, or take it back.
    if (successor === undefined) await cursor.delete(sql, MOVING + from);
    else await cursor.set(sql, MOVING + from, successor.to);
    afterCommit(() => {
      const isUnderWay = this.#moving.has(from);
      if (successor === undefined) this.#moving.delete(from);
      else this.#moving.set(from, successor);
      if (isUnderWay) this.#parts.nudge.raise();
      else if (successor !== undefined) this.#begin(successor);
    });
  }

  /** Where what is meant for a room goes now; an error while that is not settled. */
  placeOf(room: string): Result<string> {
    let place = room;
    for (let next = this.#moved.get(place); next !== undefined; next = this.#moved.get(place)) place = next;
    return this.#moving.has(place) || this.#gone.has(place) ? fail(MOVING_NOW) : ok(place);
  }

  /** What is meant for this room waits from now on, until {@link moved}. */
  gone(room: string): void {
    this.#moving.delete(room);
    this.#gone.add(room);
  }

  /** Part of the commit in which a link gets another room. */
  async noteMoved(sql: Sql, from: string, to: string): Promise<void> {
    const { cursor } = this.#parts.kit.stores;
    await cursor.delete(sql, MOVING + from);
    if (from !== to) await cursor.set(sql, MOVED + from, to);
    // A room may take its place back: a homeserver that was restored from a backup knows only the one before.
    await cursor.delete(sql, MOVED + to);
  }

  /** To be called when that is stored. */
  moved(from: string, to: string): void {
    this.#moving.delete(from);
    this.#gone.delete(from);
    if (from !== to) this.#moved.set(from, to);
    this.#moved.delete(to);
  }

  #begin(successor: Successor): void {
    const portal = this.#parts.portals.byRoom(successor.from);
    if (portal !== undefined) inBackground(this.#parts.kit, this.#follow(portal, successor.from));
  }

  async #follow(portal: Portal, from: string): Promise<void> {
    const { kit, portals, adopt, stopping, nudge, onMoved } = this.#parts;
    const { link, page } = kit.stores;
    const backoff = new Backoff(kit.clock, 300, PATIENCE_MS);
    while (!stopping() && portals.get(portal.id) === portal) {
      const successor = this.#moving.get(from);
      if (successor === undefined) {
        portal.problem = undefined;
        return;
      }
      const { to } = successor;
      const taken = await adopt(portal, successor, async (sql) => {
        await this.noteMoved(sql, from, to);
        // What was said before can still be answered, deleted and opened.
        await link.moveRoom(sql, from, to);
        await page.moveRoom(sql, from, to);
      });
      if (taken.ok) {
        this.moved(from, to);
        onMoved(from, to);
        kit.log.info('a linked room was replaced, and the link follows', { channel: portal.channel, from, to });
        return;
      }
      portal.problem = `The room of ${portal.channel} was replaced by ${to}. ${taken.error.text}`;
      await nudge.wait(taken.error.retry === 'never' ? PATIENCE_MS : backoff.nextMs());
    }
  }
}

/** A line for a room that has a successor, until the bot is in there. */
export const MOVING_NOW: BridgeError = {
  code: 'room.moving',
  text: 'the room was replaced by a newer one, which the bot is not in yet',
  retry: 'later',
  notify: 'log',
};
