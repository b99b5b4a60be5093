import type { SayOnNetwork } from '../core/events.ts';
import type { MessageKey, PortalId } from '../core/ids.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { OutboxRow } from '../ports/stores.ts';
import type { Kit } from './kit.ts';
import type { Lanes } from './lanes.ts';
import type { PortalTable } from './portal-table.ts';

/** Writes down what became of lines that a network took. */
export class NetworkReceipts {
  readonly #kit: Kit;
  readonly #lanes: () => Lanes;
  readonly #portals: PortalTable;

  constructor(kit: Kit, lanes: () => Lanes, portals: PortalTable) {
    this.#kit = kit;
    this.#lanes = lanes;
    this.#portals = portals;
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
    await this.#store(async (sql) => {
      await stores.outbox.finish(sql, [row.id]);
      await stores.portal.touch(sql, portal, 'to-network', nowMs);
      await stores.link.insert(
        sql,
        keys.map((messageKey) => ({
          network: effect.network,
          messageKey,
          room: effect.room,
          eventId: effect.eventId,
          direction: 'to-network',
          createdAtMs: nowMs,
        })),
      );
    });
    failpoint('after-network-confirmed');
  }

  async drop(row: OutboxRow, effect: SayOnNetwork): Promise<void> {
    this.#kit.metrics.messages.add({ direction: 'to-network', network: effect.network, outcome: 'dropped' });
    await this.#store((sql) => this.#kit.stores.outbox.finish(sql, [row.id]));
  }

  async #store(work: Parameters<Kit['db']['transaction']>[0]): Promise<void> {
    for (;;) {
      try {
        await this.#kit.db.transaction(work);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (this.#lanes().stopping) return; // still marked: it is looked up at the next start
        await this.#lanes().pause(500);
      }
    }
  }
}
