import type { Config } from '../../config/schema.ts';
import { SEND_STATUS, sendStatusContent } from '../../core/convert/send-status.ts';
import type { BridgeError } from '../../core/errors.ts';
import type { SayOnNetwork, StatusToMatrix } from '../../core/events.ts';
import { lanePortal, makeStatusLaneId, type NetworkId, type PortalId } from '../../core/ids.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { LaneQueue } from '../lanes/lane.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Entry, Ledger } from '../lanes/ledger.ts';
import { effectIn, parseEffect } from '../lanes/parse-effect.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { inBackground } from '../timing/background.ts';
import { Backoff } from '../timing/backoff.ts';

/** Rows of a lane that are looked at together: of several about one event the last counts. */
const IN_SIGHT = 64;
/** Of a message of several lines one may be refused just after the last has arrived. */
const SETTLE_MS = 500;
/** What became of a message of yesterday nobody waits for. */
const USELESS_MS = 24 * 3_600_000;
/** In talk one receipt stands for all that arrived meanwhile. */
const RECEIPTS_EVERY_MS = 1_000;
/** A shorter outage is nobody's business. */
const PATIENCE_MS = 60_000;
const REMEMBERED = 5_000;

type Mode = Config['networks'][number]['deliveryMarks'];

export type DeliveryMarksParts = {
  readonly kit: Kit;
  readonly lanes: () => Lanes;
  readonly ledger: Ledger;
  readonly portals: PortalTable;
  readonly config: Config;
};

/**
 * Shows in rooms what became of what was said there, where the configuration asks for it: as receipts of the bot, or as events for
 * programs. Receipts are gathered and not stored. Events are rows of a lane of their own, written in the commit that settles the line.
 */
export class DeliveryMarks {
  readonly #kit: Kit;
  readonly #lanes: () => Lanes;
  readonly #ledger: Ledger;
  readonly #portals: PortalTable;
  #modes: ReadonlyMap<NetworkId, Mode>;
  /** The newest event of each room that arrived. */
  readonly #read = new Map<string, string>();
  #reading = false;
  /** Events of which a part was refused, and those that were said to wait. */
  readonly #failed = new Set<string>();
  readonly #pending = new Set<string>();

  constructor({ kit, lanes, ledger, portals, config }: DeliveryMarksParts) {
    this.#kit = kit;
    this.#lanes = lanes;
    this.#ledger = ledger;
    this.#portals = portals;
    this.#modes = modesIn(config);
  }

  /** Lines under way are marked as is asked for when they arrive. */
  reconfigure(config: Config): void {
    this.#modes = modesIn(config);
  }

  /** Whether it has to be known which row of an event is its last. */
  wantsEvents(network: NetworkId): boolean {
    return this.#modes.get(network) === 'events';
  }

  /** The network took a line. To be said within the commit that says so. */
  async arrived(entry: Entry, portal: PortalId, effect: SayOnNetwork): Promise<void> {
    if (effect.more === true) return;
    if (this.#modes.get(effect.network) === 'receipts') entry.afterCommit(() => this.#receipt(portal, effect));
    if (this.wantsEvents(effect.network) && !this.#failed.has(effect.eventId))
      await this.#tell(entry, portal, effect, 'SUCCESS');
  }

  /** The network, or the bridge itself, refused a line for good. */
  async refused(entry: Entry, portal: PortalId, effect: About, error: BridgeError): Promise<void> {
    if (!this.wantsEvents(effect.network)) return;
    remember(this.#failed, effect.eventId);
    await this.#tell(entry, portal, effect, 'FAIL_PERMANENT', error);
  }

  /** Of these lines, each that has waited for long is told of once. */
  async waiting(portal: PortalId, rows: readonly OutboxRow[], error: BridgeError): Promise<void> {
    if (!this.wantsEvents(this.#portals.networkOf(portal))) return;
    const sinceMs = this.#kit.clock.nowMs() - PATIENCE_MS;
    const late = new Map<string, SayOnNetwork>();
    for (const { createdAtMs, payload } of rows) {
      const effect = createdAtMs > sinceMs ? undefined : parseEffect(payload);
      if (effect?.op === 'network.say' && !this.#pending.has(effect.eventId)) late.set(effect.eventId, effect);
    }
    if (late.size === 0) return;
    await this.#ledger.write(async (entry) => {
      for (const effect of late.values()) await this.#tell(entry, portal, effect, 'PENDING', error);
    });
    for (const eventId of late.keys()) remember(this.#pending, eventId);
  }

  async #tell(
    entry: Entry,
    portal: PortalId,
    { network, room, eventId }: About,
    status: StatusToMatrix['status'],
    error?: BridgeError,
  ): Promise<void> {
    const told: StatusToMatrix = { op: 'matrix.status', network, room, eventId, status, ...(error && { error }) };
    const row = { key: `status|${status}|${eventId}`, effect: told };
    await entry.enqueue(makeStatusLaneId(portal), [row], this.#kit.clock.nowMs());
  }

  /** Sends what waits in one portal's lane, one after another; what a later row says better is not said. */
  readonly drive = async (queue: LaneQueue): Promise<void> => {
    const backoff = new Backoff(this.#kit.clock, 500, 30_000);
    while (!this.#lanes().stopping) {
      const rows = await queue.peek(IN_SIGHT);
      const [head] = rows;
      if (head === undefined) return;
      const restMs = head.createdAtMs + SETTLE_MS - this.#kit.clock.nowMs();
      if (restMs > 0 && restMs <= SETTLE_MS) {
        await this.#lanes().pause(restMs);
        continue;
      }
      const effects = rows.map((row) => this.#statusIn(queue, row));
      const [effect] = effects;
      const isOutdated = effects.slice(1).some((later) => later?.eventId === effect?.eventId);
      const isOld = restMs < -USELESS_MS;
      const waitMs = effect === undefined || isOutdated || isOld ? undefined : await this.#send(head, effect, backoff);
      if (waitMs === undefined) await this.#finish(queue, head);
      else await this.#lanes().pause(waitMs);
    }
  };

  /** @returns how long to wait before it is tried again; undefined: it is settled */
  async #send(row: OutboxRow, effect: StatusToMatrix, backoff: Backoff): Promise<number | undefined> {
    const { homeserver, digest, log } = this.#kit;
    const txnId = `cs${digest(`${row.id} ${row.key}`).slice(0, 40)}`;
    const content = sendStatusContent(effect);
    const sent = await homeserver.send(homeserver.botId, effect.room, SEND_STATUS, txnId, content);
    if (!sent.ok && sent.error.retry !== 'never') return Math.max(sent.error.waitMs ?? 0, backoff.nextMs());
    if (!sent.ok) log.debug('what became of a message was not told', { code: sent.error.code });
    backoff.reset();
    return undefined;
  }

  async #finish(queue: LaneQueue, row: OutboxRow): Promise<void> {
    await this.#kit.db.transaction((sql) => this.#kit.stores.outbox.finish(sql, [row.id]));
    queue.take(row.id);
  }

  /** Undefined for what cannot be read, which is said by nobody. */
  #statusIn(queue: LaneQueue, row: OutboxRow): StatusToMatrix | undefined {
    const effect = effectIn(this.#portals.get(lanePortal(queue.id))?.roomId, row.payload);
    return effect?.op === 'matrix.status' ? effect : undefined;
  }

  #receipt(portal: PortalId, { room, eventId }: SayOnNetwork): void {
    this.#read.set(this.#portals.get(portal)?.roomId ?? room, eventId);
    if (this.#reading) return;
    this.#reading = true;
    inBackground(this.#kit, this.#showReceipts());
  }

  /** What fails is made good by the next one. */
  async #showReceipts(): Promise<void> {
    const { homeserver } = this.#kit;
    try {
      while (this.#read.size > 0 && !this.#lanes().stopping) {
        const [next] = this.#read;
        if (next === undefined) break;
        const [room, eventId] = next;
        this.#read.delete(room);
        await homeserver.markRead(homeserver.botId, room, eventId);
        if (this.#read.size === 0) await this.#lanes().pause(RECEIPTS_EVERY_MS);
      }
    } finally {
      this.#reading = false;
    }
  }
}

const modesIn = ({ networks }: Config): ReadonlyMap<NetworkId, Mode> =>
  new Map(networks.map(({ id, deliveryMarks }) => [id as NetworkId, deliveryMarks]));

/** What is said of an event names these alone. */
type About = Pick<SayOnNetwork, 'network' | 'room' | 'eventId'>;

function remember(events: Set<string>, eventId: string): void {
  events.add(eventId);
  if (events.size <= REMEMBERED) return;
  const oldest = events.keys().next();
  if (oldest.done !== true) events.delete(oldest.value);
}
