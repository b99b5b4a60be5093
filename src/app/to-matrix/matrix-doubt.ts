import { markerKeys } from '../../core/convert/marker.ts';
import type { Result } from '../../core/errors.ts';
import { ok } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import { lanePortal } from '../../core/ids.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import { parseEffect } from '../lanes/parse-effect.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { Echoes } from './echoes.ts';

const PAGE = 100;
/** What people may have said since, at most; the search ends by age long before. */
const MAX_PAGES = 200;
/** How far the clocks of homeserver and bridge may differ. */
const CLOCKS_DIFFER_MS = 60 * 60_000;
/**
 * How long a send whose answer was lost may still surface. Dendrite takes a request whose connection was cut on to the
 * end; a look before that would miss it.
 */
export const SETTLE_MS = [50, 200, 500, 1_000, 2_000] as const;
const SETTLED_AFTER_MS = SETTLE_MS.reduce((sum, ms) => sum + ms, 0);

export type MatrixDoubtsParts = {
  readonly kit: Kit;
  readonly echoes: Echoes;
  readonly portals: Pick<PortalTable, 'get'>;
  readonly isOurs: (userId: string) => boolean;
  /** Last id given by an earlier process: rows up to it that are `sending` are in doubt. */
  readonly bootId: number;
};

/** Sends to Matrix of which nobody knows whether they arrived, and what the room says of them. */
export class MatrixDoubts {
  readonly #parts: MatrixDoubtsParts;
  readonly #bornAtMs: number;
  /** Rows of an earlier process of which we know how they stand. */
  readonly #cleared = new Set<number>();

  constructor(parts: MatrixDoubtsParts) {
    this.#parts = parts;
    this.#bornAtMs = parts.kit.clock.nowMs();
  }

  /** An earlier process may have sent the row. */
  isDoubtful(row: OutboxRow): boolean {
    return row.state === 'sending' && row.id <= this.#parts.bootId && !this.#cleared.has(row.id);
  }

  /** The row certainly has not arrived: it was looked up, or marked just now. */
  cleared(row: OutboxRow): void {
    if (row.id <= this.#parts.bootId) this.#cleared.add(row.id);
  }

  /** Time after which nothing that an earlier process sent comes to light any more. */
  get unsettledMs(): number {
    return Math.max(0, this.#bornAtMs + SETTLED_AFTER_MS - this.#parts.kit.clock.nowMs());
  }

  /**
   * Looks for the events of these rows, in each room among the newest that we sent.
   * @returns event ids by row key; rows that are not there are absent
   */
  async find(rows: readonly OutboxRow[]): Promise<Result<ReadonlyMap<string, string>>> {
    const found = new Map<string, string>();
    const placed = rows.flatMap((row) => this.#roomsOf(row).map((room) => ({ room, row })));
    for (const [room, group] of Map.groupBy(placed, (each) => each.room)) {
      const some = group.map(({ row }) => row).filter(({ key }) => !found.has(key));
      if (some.length === 0) continue;
      const sinceMs = Math.min(...some.map((row) => row.createdAtMs)) - CLOCKS_DIFFER_MS;
      const keys = some.map((row) => row.key);
      const there = await this.#findIn(room, keys, sinceMs);
      // A room that refuses to be read will refuse the send as well: nothing is hidden by going on.
      if (!there.ok && there.error.retry !== 'never') return there;
      if (there.ok) for (const [key, eventId] of there.value) found.set(key, eventId);
    }
    return ok(found);
  }

  async #findIn(room: string, keys: readonly string[], sinceMs: number): Promise<Result<ReadonlyMap<string, string>>> {
    const { kit, echoes, isOurs } = this.#parts;
    const found = new Map<string, string>();
    const missing = new Set<string>();
    for (const key of keys) {
      const eventId = echoes.eventOf(key);
      if (eventId === undefined) missing.add(key);
      else found.set(key, eventId);
    }
    let from: string | undefined;
    let isLast = false;
    for (let page = 0; page < MAX_PAGES && missing.size > 0; page++) {
      const answer = await kit.homeserver.messages(kit.homeserver.botId, room, from, PAGE);
      if (!answer.ok) return answer;
      const { events, end } = answer.value;
      for (const event of events) {
        if (!isOurs(event.sender)) continue;
        // Newest first: where a line is there twice, the older event is the line.
        for (const key of markerKeys(event.content)) {
          if (missing.has(key) || found.has(key)) found.set(key, event.event_id);
          missing.delete(key);
        }
      }
      if (isLast || end === undefined || events.length === 0 || this.#isBefore(events, sinceMs)) break;
      isLast = await this.#anyConfirmed(room, events);
      from = end;
    }
    return ok(found);
  }

  /** The room that a row names, and the one that took its place. */
  #roomsOf(row: OutboxRow): readonly string[] {
    const effect = parseEffect(row.payload);
    if (effect === undefined || !('room' in effect)) return [];
    const here = this.#parts.portals.get(lanePortal(row.lane))?.roomId;
    return here === undefined || here === effect.room ? [effect.room] : [effect.room, here];
  }

  /** Other people's events bear the homeserver's time; ours bear that of the line, which may be old. */
  #isBefore(events: readonly MatrixEvent[], sinceMs: number): boolean {
    const others = events.filter((event) => !this.#parts.isOurs(event.sender));
    return others.length > 0 && others.every((event) => event.origin_server_ts < sinceMs);
  }

  /** Everything that was confirmed to us is older than what is in doubt; one page more covers what was confirmed last. */
  async #anyConfirmed(room: string, events: readonly MatrixEvent[]): Promise<boolean> {
    const { kit, isOurs } = this.#parts;
    const ours = events.filter((event) => isOurs(event.sender));
    return kit.db.transaction(async (sql) => {
      for (const event of ours) {
        const links = await kit.stores.link.byEvent(sql, room, event.event_id);
        if (links.some((link) => link.direction === 'to-matrix')) return true;
      }
      return false;
    });
  }
}
