import type { BridgeError } from '../../core/errors.ts';
import type { SayOnNetwork } from '../../core/events.ts';
import { keyFromSaid, lanePortal, type MessageKey, type NetworkId, type PortalId } from '../../core/ids.ts';
import { StoreUnavailable } from '../../ports/db.ts';
import type { LinkRow, OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Entry, Ledger } from '../lanes/ledger.ts';
import { preparedOf } from '../lanes/prepared.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { DeliveryMarks } from './delivery-marks.ts';
import type { NetworkErrand } from './network-errands.ts';
import type { Targets } from './targets.ts';

export type NetworkReceiptsParts = {
  readonly kit: Kit;
  readonly lanes: () => Lanes;
  readonly portals: PortalTable;
  readonly targets: Targets;
  readonly ledger: Ledger;
  readonly marks: DeliveryMarks;
};

/** Writes down what became of lines that a network took. */
export class NetworkReceipts {
  readonly #kit: Kit;
  readonly #lanes: () => Lanes;
  readonly #portals: PortalTable;
  readonly #targets: Targets;
  readonly #ledger: Ledger;
  readonly #marks: DeliveryMarks;

  constructor({ kit, lanes, portals, targets, ledger, marks }: NetworkReceiptsParts) {
    this.#kit = kit;
    this.#lanes = lanes;
    this.#portals = portals;
    this.#targets = targets;
    this.#ledger = ledger;
    this.#marks = marks;
  }

  /** Deletes the row and links event and messages, in one commit; tries until the database took it. */
  async write(portal: PortalId, row: OutboxRow, effect: SayOnNetwork, keys: readonly MessageKey[]): Promise<void> {
    const { clock, metrics, logLines, log, stores, failpoint } = this.#kit;
    const nowMs = clock.nowMs();
    const lagMs = nowMs - row.createdAtMs;
    metrics.deliverySeconds.observe({ direction: 'to-network', network: effect.network }, lagMs / 1000);
    metrics.messages.add({ direction: 'to-network', network: effect.network, outcome: 'delivered' });
    this.#portals.delivered(portal, 'to-network', nowMs, lagMs);
    if (logLines())
      log.info('bridged', { direction: 'to-network', portal, from: effect.userId, text: effect.line, lagMs });
    const named = keys.length > 0 ? keys : [keyFromSaid(row.key)];
    const links = linksOf(effect, named, nowMs);
    // A correction is part of what it corrects: whoever deletes that deletes it as well.
    if (effect.edits !== undefined && preparedOf(row).edits === undefined)
      links.push(...linksOf({ ...effect, eventId: effect.edits }, named, nowMs));
    this.#targets.linked(links);
    await this.#store(async (entry) => {
      const { sql } = entry;
      await stores.outbox.finish(sql, [row.id]);
      await stores.portal.touch(sql, portal, 'to-network', nowMs);
      await stores.link.insert(sql, links.map(this.#targets.asItStands));
      await this.#marks.arrived(entry, portal, effect);
    });
    failpoint('after-network-confirmed');
  }

  /** Something that is no line was done; `keys` are what its event is on the network. */
  async done(row: OutboxRow, effect: NetworkErrand, keys: readonly MessageKey[]): Promise<void> {
    const links = effect.op === 'network.part' ? [] : linksOf(effect, keys, this.#kit.clock.nowMs());
    this.#targets.linked(links);
    await this.#store(async ({ sql }) => {
      await this.#kit.stores.outbox.finish(sql, [row.id]);
      if (links.length > 0) await this.#kit.stores.link.insert(sql, links.map(this.#targets.asItStands));
    });
  }

  /** @param why it was not said, where its sender may want to know */
  async drop(row: OutboxRow, effect: SayOnNetwork, why?: BridgeError): Promise<void> {
    this.#kit.metrics.messages.add({ direction: 'to-network', network: effect.network, outcome: 'dropped' });
    await this.#store(async (entry) => {
      await this.#kit.stores.outbox.finish(entry.sql, [row.id]);
      if (why !== undefined) await this.#marks.refused(entry, lanePortal(row.lane), effect, why);
    });
  }

  async #store(work: (entry: Entry) => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await this.#ledger.write(work);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (this.#lanes().stopping) return; // still marked: it is looked up at the next start
        await this.#lanes().pause(500);
      }
    }
  }
}

type Linked = {
  readonly network: NetworkId;
  readonly room: string;
  readonly userId: string;
  readonly eventId: string;
  readonly thread?: string;
};

const linksOf = (said: Linked, keys: readonly MessageKey[], createdAtMs: number): LinkRow[] =>
  keys.map((messageKey) => {
    const { network, room, eventId, userId: sender, thread = null } = said;
    const link = { network, messageKey, room, eventId, createdAtMs, sender, nick: null, thread, gone: false };
    return { ...link, direction: 'to-network' };
  });
