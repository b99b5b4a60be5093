import { networkToMatrix } from '../../core/convert/network-to-matrix.ts';
import type { NetworkEvent } from '../../core/events.ts';
import { type MessageKey, makeLaneId } from '../../core/ids.ts';
import { StoreUnavailable } from '../../ports/db.ts';
import type { Heard, Network, ResumePoint } from '../../ports/network.ts';
import type { InboxRow } from '../../ports/stores.ts';
import type { DirectRooms } from '../direct/direct-rooms.ts';
import type { Kit } from '../kit.ts';
import type { Entry, Ledger } from '../lanes/ledger.ts';
import type { Names } from '../people/names.ts';
import type { Vouching } from '../people/vouching.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { Walls } from '../rooms/walls.ts';
import { takeTopic } from './known-topics.ts';

const STORE_RETRY_MS = 250;
/** Most events of one commit. */
const MAX_BATCH = 1_000;

export type NetworkInboxParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly portals: PortalTable;
  readonly vouching: Vouching;
  readonly names: Names;
  readonly walls: Walls;
  readonly directs: DirectRooms;
};

/** Where the lines of one network come in: each stored once, with its effects, in one commit, in order. */
export class NetworkInbox {
  readonly #kit: Kit;
  readonly #ledger: Ledger;
  readonly #portals: PortalTable;
  readonly #network: Network;
  readonly #vouching: Vouching;
  readonly #names: Names;
  readonly #walls: Walls;
  readonly #directs: DirectRooms;
  readonly #queue: { readonly event: NetworkEvent; readonly stored: () => void }[] = [];
  readonly #resume = new Map<string, ResumePoint>();
  #storing = false;

  constructor({ kit, ledger, portals, vouching, names, walls, directs }: NetworkInboxParts, network: Network) {
    this.#kit = kit;
    this.#ledger = ledger;
    this.#portals = portals;
    this.#network = network;
    this.#vouching = vouching;
    this.#names = names;
    this.#walls = walls;
    this.#directs = directs;
  }

  /** Resolves once all are on disk; waits for a database that is away. */
  async events(events: readonly NetworkEvent[]): Promise<void> {
    if (events.length === 0) return;
    await new Promise<void>((resolve) => {
      events.forEach((event, index) => {
        this.#queue.push({ event, stored: index === events.length - 1 ? resolve : () => {} });
      });
      if (!this.#storing) void this.#storeAll();
    });
  }

  async heardUntil({ untilMs, awayFromMs }: Heard): Promise<void> {
    const text = JSON.stringify({ untilMs, awayFromMs: [...awayFromMs] });
    await this.#kit.db.transaction((sql) => this.#kit.stores.cursor.set(sql, this.#heardName, text));
  }

  async heardBefore(): Promise<Heard | undefined> {
    const text = await this.#kit.db.transaction((sql) => this.#kit.stores.cursor.get(sql, this.#heardName));
    if (text === undefined) return undefined;
    const { untilMs, awayFromMs } = JSON.parse(text) as { untilMs: number; awayFromMs: [string, number][] };
    return { untilMs, awayFromMs: new Map(awayFromMs) };
  }

  async resumePoint(channel: string): Promise<ResumePoint | undefined> {
    const name = this.#cursorName(channel);
    const known = this.#resume.get(name);
    if (known !== undefined) return known;
    const text = await this.#kit.db.transaction((sql) => this.#kit.stores.cursor.get(sql, name));
    return text === undefined ? undefined : (JSON.parse(text) as ResumePoint);
  }

  async linkedSince(channel: string, sinceMs: number): Promise<readonly MessageKey[]> {
    const { db, stores } = this.#kit;
    const room = this.#portals.byChannel(this.#network.id, channel)?.roomId;
    if (room === undefined) return [];
    return await db.transaction((sql) => stores.link.since(sql, this.#network.id, room, sinceMs));
  }

  async knownKeys(
    keys: readonly MessageKey[],
  ): Promise<{ received: ReadonlySet<MessageKey>; sent: ReadonlySet<MessageKey> }> {
    const { db, stores } = this.#kit;
    const received = new Set<MessageKey>();
    const sent = new Set<MessageKey>();
    for (let at = 0; at < keys.length; at += MAX_BATCH) {
      const some = keys.slice(at, at + MAX_BATCH);
      await db.transaction(async (sql) => {
        for (const key of await stores.inbox.known(sql, this.#network.id, some)) received.add(key as MessageKey);
        for (const key of await stores.link.sentByUs(sql, this.#network.id, some)) sent.add(key);
      });
    }
    return { received, sent };
  }

  async #storeAll(): Promise<void> {
    const { clock, failpoint, log } = this.#kit;
    this.#storing = true;
    let most = MAX_BATCH;
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, most);
      try {
        await this.#store(batch.map(({ event }) => event));
        most = MAX_BATCH;
      } catch (error) {
        if (error instanceof StoreUnavailable) {
          // The same again, in the same order, until the database is back.
          await new Promise<void>((resolve) => clock.after(STORE_RETRY_MS, resolve));
          continue;
        }
        log.error('lines of a network could not be stored', { network: this.#network.id, error: String(error) });
        // One of them makes our code fail: each alone, and that one is left out, so that the others are not kept back.
        const wasAlone = batch.length === 1;
        most = wasAlone ? MAX_BATCH : 1;
        if (!wasAlone) continue;
      }
      this.#queue.splice(0, batch.length);
      failpoint('after-network-line-stored');
      for (const { stored } of batch) stored();
    }
    this.#storing = false;
  }

  async #store(events: readonly NetworkEvent[]): Promise<void> {
    const { stores } = this.#kit;
    const resume = new Map<string, ResumePoint>();
    await this.#ledger.write(async (entry) => {
      for (const event of events) {
        await this.#accept(entry, event);
        // Only what history can show again says up to where it has to be asked.
        if (event.kind !== 'message' || event.privatelyTo !== undefined) continue;
        const name = this.#cursorName(event.channel);
        const newest = resume.get(name) ?? this.#resume.get(name);
        if (newest === undefined || newest.timeMs <= event.timeMs)
          resume.set(name, { timeMs: event.timeMs, key: event.key });
      }
      for (const [name, point] of resume) await stores.cursor.set(entry.sql, name, JSON.stringify(point));
    });
    for (const [name, point] of resume) this.#resume.set(name, point);
  }

  async #accept(entry: Entry, event: NetworkEvent): Promise<void> {
    const { stores, clock, metrics } = this.#kit;
    const to = 'privatelyTo' in event ? event.privatelyTo : undefined;
    const portal =
      to === undefined
        ? this.#portals.byChannel(this.#network.id, event.channel)
        : await this.#privatePortal(entry, event, to);
    // What is said in private waits for its room; a channel that has none yet is not heard.
    const waits = portal?.direct?.isOpen === false;
    if (portal === undefined || (portal.roomId === undefined && !waits)) return;
    const lane = makeLaneId(portal.id, 'to-matrix');
    const receivedAtMs = clock.nowMs();
    const row: InboxRow = {
      id: entry.nextId(),
      source: this.#network.id,
      key: event.key,
      lane,
      receivedAtMs,
      payload: waits ? JSON.stringify(event) : null,
      state: waits ? 'waiting' : 'routed',
      seen: 0,
    };
    if (!(await stores.inbox.insert(entry.sql, row))) {
      metrics.duplicates.add({ source: event.replayed ? 'history' : 'live' });
      return;
    }
    if (event.replayed) metrics.historyLines.add({ network: this.#network.id });
    if (event.kind === 'gap')
      metrics.gapSeconds.add({ network: this.#network.id }, Math.max(0, event.toMs - event.fromMs) / 1000);
    if (!waits) await this.#route(entry, portal, event, row);
  }

  /** Only what is said begins a conversation. */
  async #privatePortal(entry: Entry, event: NetworkEvent, userId: string): Promise<Portal | undefined> {
    if (event.kind === 'message') return await this.#directs.portalOf(entry, event, userId);
    return 'source' in event ? this.#directs.existing(event.network, event.source, userId) : undefined;
  }

  /** The room of a private conversation is there: what waited for it goes in, in order, and what comes from now on goes in at once. */
  async release(portal: Portal): Promise<void> {
    const { stores } = this.#kit;
    const lane = makeLaneId(portal.id, 'to-matrix');
    let left = true;
    while (left)
      left = await this.#ledger.write(async (entry) => {
        const rows = await stores.inbox.waiting(entry.sql, lane, 500);
        for (const row of rows) {
          await stores.inbox.markRouted(entry.sql, row.id);
          if (row.payload !== null) await this.#route(entry, portal, JSON.parse(row.payload) as NetworkEvent, row);
        }
        if (rows.length === 0 && portal.direct !== undefined) portal.direct = { ...portal.direct, isOpen: true };
        return rows.length > 0;
      });
  }

  /** Turns a stored event into effects. An event that our code cannot bear is parked; the lane goes on. */
  async #route(entry: Entry, portal: Portal, event: NetworkEvent, row: InboxRow): Promise<void> {
    const { stores, log } = this.#kit;
    if (portal.roomId === undefined) return;
    try {
      const topicNews = event.kind === 'topic' ? await takeTopic(stores, entry.sql, portal, event) : undefined;
      if (topicNews === 'known') return;
      const personOf =
        event.kind === 'message'
          ? await this.#names.personOf(entry.sql, this.#network, portal.channel, portal.roomId)
          : undefined;
      const effects = networkToMatrix(event, {
        room: portal.roomId,
        fold: (name) => this.#network.fold(name),
        ...(event.kind === 'walls' && (await this.#walls.before(entry.sql, portal))),
        voucher: this.#vouching.voucher(this.#network.id),
        ...this.#vouching.topicNote(portal),
        ...(topicNews === 'first' && { isFirstTopic: true }),
        ...(personOf !== undefined && { personOf }),
      });
      await entry.enqueue(makeLaneId(portal.id, 'to-matrix'), effects, row.receivedAtMs);
      if (event.kind === 'walls') await this.#walls.note(entry, portal.id, event);
    } catch (error) {
      await stores.inbox.park(entry.sql, row.id, String(error));
      log.error('a line was set aside because it made the bridge fail', {
        network: this.#network.id,
        error: String(error),
      });
    }
  }

  get #heardName(): string {
    return `heard:${this.#network.id}`;
  }

  #cursorName(channel: string): string {
    return `resume:${this.#network.id}:${this.#network.fold(channel)}`;
  }
}
