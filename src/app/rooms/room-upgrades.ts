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
    const successor = successorOf(event);
    if (successor === undefined || this.#moving.has(successor.from)) return;
    await this.#parts.kit.stores.cursor.set(sql, MOVING + successor.from, successor.to);
    afterCommit(() => {
      this.#moving.set(successor.from, successor);
      this.#begin(successor);
    });
  }

  /** Where what is meant for a room goes now; an error while that is not settled. */
  placeOf(room: string): Result<string> {
    let place = room;
    for (let next = this.#moved.get(place); next !== undefined; next = this.#moved.get(place)) place = next;
    return this.#moving.has(place) ? fail(MOVING_NOW) : ok(place);
  }

  #begin(successor: Successor): void {
    const portal = this.#parts.portals.byRoom(successor.from);
    if (portal !== undefined) inBackground(this.#parts.kit, this.#follow(portal, successor));
  }

  async #follow(portal: Portal, successor: Successor): Promise<void> {
    const { kit, portals, adopt, stopping, nudge } = this.#parts;
    const { from, to } = successor;
    const backoff = new Backoff(kit.clock, 300, PATIENCE_MS);
    while (!stopping() && portals.get(portal.id) === portal) {
      const taken = await adopt(portal, successor, async (sql) => {
        await kit.stores.cursor.delete(sql, MOVING + from);
        await kit.stores.cursor.set(sql, MOVED + from, to);
      });
      if (taken.ok) {
        this.#moving.delete(from);
        this.#moved.set(from, to);
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
