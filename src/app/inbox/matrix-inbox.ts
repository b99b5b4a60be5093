import { serverOf } from '../../core/authority/agreement.ts';
import { isForBridge, isVisit } from '../../core/commands/parse-command.ts';
import type { MatrixView } from '../../core/convert/from-matrix/view.ts';
import { matrixToNetwork } from '../../core/convert/matrix-to-network.ts';
import { withMore } from '../../core/convert/send-status.ts';
import type { Effect, KeyedEffect, MatrixEvent } from '../../core/events.ts';
import { makeLaneId, type NetworkId } from '../../core/ids.ts';
import { inOrderOfSaying } from '../../core/room/order-of-saying.ts';
import { type InboxRow, SEEN } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { Entry, Ledger } from '../lanes/ledger.ts';
import type { Pages } from '../pages.ts';
import type { Names } from '../people/names.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { Echoes } from '../to-matrix/echoes.ts';
import { DeletionPowers } from './deletion-powers.ts';
import { placesOfUnread } from './places-of-unread.ts';
import { ANCHOR, type RoomAnchors } from './room-anchors.ts';

export type MatrixInboxParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly portals: PortalTable;
  readonly echoes: Echoes;
  readonly anchors: RoomAnchors;
  readonly pages: Pages;
  readonly isOurs: (userId: string) => boolean;
  readonly names: Names;
  /** What follows policy lists hears of everything, in the commit that stores it. */
  readonly policies: { seen(entry: Entry, event: MatrixEvent): Promise<void> };
  /** The cooperative's own map, where it has one. */
  readonly mapUrl: string | undefined;
  /** What hears of a change of a room's state in the commit in which it is stored. */
  readonly onState: (entry: Entry, portal: Portal, event: MatrixEvent) => Promise<void>;
  /** Whether lines of one event say that more of it follows. */
  readonly saysMore: (network: NetworkId) => boolean;
  /** Whether a room has to be read back before its lane goes on. */
  readonly isHeld: (room: string) => boolean;
  /** Something waits for a room to be read back. */
  readonly onHeld: (room: string) => void;
  /** Something happened to somebody in a portal's room; called once it is on disk. */
  readonly onMember: (portal: Portal, event: MatrixEvent) => void;
  /** Whether a room is one of ours without being a portal's: what people ask there is heard. */
  readonly isHouse: (room: string) => boolean;
  /** Somebody asks something of the bridge itself; called once it is on disk. */
  readonly onAsked: (event: MatrixEvent) => void;
  /** A second event for one line was seen. */
  readonly onDouble: (event: MatrixEvent, first: string) => void;
};

/** Where Matrix events come in: each stored once, by event id, whichever way it comes first. */
export class MatrixInbox {
  readonly #parts: MatrixInboxParts;
  readonly #deletions: DeletionPowers;

  constructor(parts: MatrixInboxParts) {
    this.#parts = parts;
    this.#deletions = new DeletionPowers(parts);
  }

  /**
   * @param cursor the sync's position after these events, stored with them
   * @throws {StoreUnavailable} when they could not be stored
   */
  async events(source: 'push' | 'sync', events: readonly MatrixEvent[], cursor?: string): Promise<void> {
    const { kit, ledger, anchors } = this.#parts;
    const known = await this.#deletions.marked(events);
    const moved = cursor === undefined ? [] : anchors.takeDirty();
    try {
      await ledger.write(async (entry) => {
        for (const event of known) await this.#accept(entry, event, source);
        if (cursor !== undefined) await kit.stores.cursor.set(entry.sql, 'sync', cursor);
        for (const [room, eventId] of moved) await kit.stores.cursor.set(entry.sql, ANCHOR + room, eventId);
      });
    } catch (error) {
      anchors.notStored(moved);
      throw error;
    }
  }

  async #accept(entry: Entry, event: MatrixEvent, source: 'push' | 'sync'): Promise<void> {
    const { kit, portals, anchors, isOurs, isHeld } = this.#parts;
    await this.#parts.policies.seen(entry, event);
    const portal = portals.anyByRoom(event.room_id);
    if (portal === undefined) return this.#acceptInHouse(entry, event, source);
    const room = event.room_id;
    await this.#parts.pages.seen(entry, event);
    entry.afterCommit(() => {
      if (!isHeld(room)) anchors.seen(room, event.event_id, SEEN[source]);
    });
    if (isOurs(event.sender) && event.type !== 'm.room.member') {
      entry.afterCommit(() => this.#echo(event));
      return;
    }
    const seen = await kit.stores.inbox.markSeen(entry.sql, 'matrix', event.event_id, SEEN[source]);
    if (seen !== undefined) {
      kit.metrics.duplicates.add({ source });
      return;
    }
    const held = isHeld(room);
    if (held) entry.afterCommit(() => this.#parts.onHeld(room));
    await this.#store(entry, portal, event, SEEN[source], held);
  }

  async #acceptInHouse(entry: Entry, event: MatrixEvent, source: 'push' | 'sync'): Promise<void> {
    const { kit, isOurs, isHouse, onAsked } = this.#parts;
    if (!isHouse(event.room_id) || isOurs(event.sender) || !isForBridge(event)) return;
    const receivedAtMs = kit.clock.nowMs();
    const row = { id: entry.nextId(), source: 'matrix', key: event.event_id, lane: '', receivedAtMs } as const;
    if (await kit.stores.inbox.insert(entry.sql, { ...row, payload: null, state: 'routed', seen: SEEN[source] }))
      entry.afterCommit(() => onAsked(event));
  }

  #echo(event: MatrixEvent): void {
    const first = this.#parts.echoes.seen(event);
    if (first !== undefined) this.#parts.onDouble(event, first);
  }

  async #store(entry: Entry, portal: Portal, event: MatrixEvent, seen: number, held: boolean): Promise<void> {
    const { kit } = this.#parts;
    const row: InboxRow = {
      id: entry.nextId(),
      source: 'matrix',
      key: event.event_id,
      lane: makeLaneId(portal.id, 'to-network'),
      receivedAtMs: kit.clock.nowMs(),
      payload: held ? JSON.stringify(isVisit(event) ? withoutBody(event) : event) : null,
      state: held ? 'waiting' : 'routed',
      seen,
    };
    if (!(await kit.stores.inbox.insert(entry.sql, row))) return;
    if (!held) await this.#route(entry, portal, event, row);
  }

  /** Turns a stored event into effects. An event that our code cannot bear is parked; the lane goes on. */
  async #route(entry: Entry, portal: Portal, event: MatrixEvent, row: InboxRow): Promise<void> {
    const { kit, isOurs, onMember, onAsked, pages, names } = this.#parts;
    const before = event.type === 'm.room.member' ? await this.#member(entry, event) : undefined;
    if (event.type !== 'm.room.member' && event.state_key !== undefined)
      await this.#parts.onState(entry, portal, event);
    entry.afterCommit(() => {
      if (event.type !== 'm.room.member' || portal.direct !== undefined) return;
      names.changed(event.room_id, event.state_key ?? '');
      onMember(portal, event);
    });
    if (!isOurs(event.sender) && isForBridge(event)) {
      entry.afterCommit(() => onAsked(event));
      // A reaction may answer a request of ours, and be one to what somebody said: then we know of no request.
      if (event.type !== 'm.reaction') return;
    }
    try {
      const effects = matrixToNetwork(event, {
        ...this.#viewOf(portal, event.sender),
        ...(before === undefined ? {} : { before }),
      });
      const [toMatrix, others] = partition(effects, ({ effect }) => effect.op.startsWith('matrix.'));
      const toNetwork: KeyedEffect[] = [];
      for (const keyed of others)
        if (keyed.effect.op === 'page.share') await pages.share(entry, keyed.effect);
        else if (portal.direct === undefined || IN_PRIVATE.has(keyed.effect.op)) toNetwork.push(keyed);
      const said = this.#parts.saysMore(portal.network) ? withMore(toNetwork) : toNetwork;
      await entry.enqueue(makeLaneId(portal.id, 'to-network'), said, row.receivedAtMs);
      await entry.enqueue(makeLaneId(portal.id, 'to-matrix'), toMatrix, row.receivedAtMs);
    } catch (error) {
      await kit.stores.inbox.park(entry.sql, row.id, String(error));
      kit.log.error('an event was set aside because it made the bridge fail', {
        event: event.event_id,
        type: event.type,
        error: String(error),
      });
    }
  }

  #viewOf(portal: Portal, sender: string): MatrixView {
    const { kit, isOurs, pages, names, mapUrl } = this.#parts;
    const maker = pages.maker(sender);
    // What the bot says for somebody is said line by line.
    const powers = names.hasOwnVoice(portal, sender) ? kit.networks.get(portal.network)?.powers?.(portal.channel) : {};
    const multiline = powers?.multiline;
    return {
      network: portal.network,
      channel: portal.channel,
      isOurs,
      maxLines: portal.config.maxLines,
      ghostOf: (userId) => names.whoIs(userId),
      nickOf: (userId) => names.nickOf(portal, userId),
      ...(multiline !== undefined && { multiline }),
      ...(mapUrl !== undefined && { mapUrl }),
      ...(maker !== undefined && { pages: maker }),
    };
  }

  /** @returns how they stood before */
  async #member(entry: Entry, event: MatrixEvent): Promise<string | undefined> {
    const { membership, displayname } = event.content;
    if (event.state_key === undefined || typeof membership !== 'string') return undefined;
    const replaced = await this.#parts.kit.stores.member.put(entry.sql, {
      roomId: event.room_id,
      userId: event.state_key,
      membership,
      displayName: typeof displayname === 'string' ? displayname : null,
    });
    return replaced?.membership;
  }

  /**
   * Gives events that reading a room back brought their place: the order of the room, before what arrived later.
   * @param events oldest first
   * @returns how many were news
   */
  async insertReadBack(portal: Portal, events: readonly MatrixEvent[]): Promise<number> {
    const { kit, ledger, isOurs } = this.#parts;
    const lane = makeLaneId(portal.id, 'to-network');
    // What we say may carry the time of its network: it says nothing of the order here.
    const clockOf = ({ sender }: MatrixEvent) => (isOurs(sender) ? undefined : serverOf(sender));
    const known = await this.#deletions.marked(inOrderOfSaying(events, clockOf));
    return ledger.write(async (entry) => {
      const arrived = await kit.stores.inbox.waiting(entry.sql, lane, 100_000);
      const waiting = new Map(arrived.map((row) => [row.key, row]));
      const unread = placesOfUnread(
        arrived,
        known.map((event) => event.event_id),
      );
      const renumber = async (rows: readonly InboxRow[] = []): Promise<void> => {
        for (const row of rows) await kit.stores.inbox.renumber(entry.sql, row.id, entry.nextId());
      };
      let news = 0;
      await renumber(unread.get(undefined));
      for (const event of known) {
        await this.#parts.pages.seen(entry, event);
        const key = event.event_id;
        const row = waiting.get(key);
        if (isOurs(event.sender) && event.type !== 'm.room.member') entry.afterCommit(() => this.#echo(event));
        else if (row !== undefined) await renumber([row]);
        else if ((await kit.stores.inbox.markSeen(entry.sql, 'matrix', key, SEEN.readBack)) === undefined) {
          await this.#store(entry, portal, event, SEEN.readBack, true);
          news++;
        }
        await renumber(unread.get(key));
      }
      return news;
    });
  }

  /**
   * Routes what waits for a lane.
   * @param gate `mayGo` is asked inside each commit: what arrived after another break waits for another reading. `open`
   *   is called inside the commit once nothing waits any more: from then on events are routed as they come
   */
  async release(portal: Portal, gate: { mayGo(): boolean; open(): void }): Promise<void> {
    const { kit, ledger } = this.#parts;
    const lane = makeLaneId(portal.id, 'to-network');
    let left = true;
    while (left)
      left = await ledger.write(async (entry) => {
        if (!gate.mayGo()) return false;
        const rows = await kit.stores.inbox.waiting(entry.sql, lane, 500);
        if (rows.length === 0) gate.open();
        for (const row of rows) {
          await kit.stores.inbox.markRouted(entry.sql, row.id);
          if (row.payload !== null) await this.#route(entry, portal, JSON.parse(row.payload) as MatrixEvent, row);
        }
        return rows.length > 0;
      });
  }
}

/** What crosses between two people: they have no topic, no pins, and nobody to put out. */
const IN_PRIVATE: ReadonlySet<Effect['op']> = new Set(['network.say', 'network.react', 'network.redact']);

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (belongs(item) ? yes : no).push(item);
  return [yes, no];
}

/** As it is stored: in a portal's room it would be refused in any case. */
const withoutBody = (event: MatrixEvent): MatrixEvent => ({
  ...event,
  content: { msgtype: 'm.text', body: '!causeway visit' },
});
