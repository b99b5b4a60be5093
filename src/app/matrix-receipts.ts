import { lanePortal } from '../core/ids.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { LinkRow, OutboxRow } from '../ports/stores.ts';
import type { Kit } from './kit.ts';
import type { LaneQueue } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { parseEffect } from './parse-effect.ts';
import type { PortalTable } from './portal-table.ts';

/** Confirmed sends whose rows are not deleted yet. */
const MAX_UNFINISHED = 64;
const STORE_RETRY_MS = 500;

/** Writes down what became of lines that the homeserver took, behind the sends and not between them. */
export class MatrixReceipts {
  readonly #kit: Kit;
  readonly #lanes: () => Lanes;
  readonly #portals: PortalTable;
  readonly #unfinished = new Set<Promise<void>>();

  constructor(kit: Kit, lanes: () => Lanes, portals: PortalTable) {
    this.#kit = kit;
    this.#lanes = lanes;
    this.#portals = portals;
  }

  /** The rows are done: they leave their lane now and the disk soon. Waits only while very many are unfinished. */
  async settled(queue: LaneQueue, batch: readonly OutboxRow[], eventId: string): Promise<void> {
    for (const row of batch) queue.take(row.id);
    const written = this.#write(queue, batch, eventId)
      .catch((error: unknown) =>
        this.#kit.log.error('a delivered line could not be written down; it is looked up at the next start', {
          lane: queue.id,
          error: String(error),
        }),
      )
      .finally(() => this.#unfinished.delete(written));
    this.#unfinished.add(written);
    if (this.#unfinished.size > MAX_UNFINISHED) await Promise.race(this.#unfinished);
  }

  /** Waits for confirmed sends to be written down. */
  async finish(): Promise<void> {
    await Promise.all(this.#unfinished);
  }

  /** Deletes the rows and links message and event, in one commit; tries until the database took it. */
  async #write(queue: LaneQueue, batch: readonly OutboxRow[], eventId: string): Promise<void> {
    const kit = this.#kit;
    const { links, nowMs } = this.#told(queue, batch, eventId);
    for (;;) {
      try {
        await kit.db.transaction(async (sql) => {
          await kit.stores.outbox.finish(
            sql,
            batch.map((row) => row.id),
          );
          if (links.length > 0) {
            await kit.stores.link.insert(sql, links);
            await kit.stores.portal.touch(sql, lanePortal(queue.id), 'to-matrix', nowMs);
          }
        });
        kit.failpoint('after-matrix-done');
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (this.#lanes().stopping) return; // still marked: it is looked up at the next start
        await this.#lanes().pause(STORE_RETRY_MS);
      }
    }
  }

  /** Counts and logs the lines. @returns what links them to their event */
  #told(queue: LaneQueue, batch: readonly OutboxRow[], eventId: string): { links: LinkRow[]; nowMs: number } {
    const { clock, metrics, log, logLines } = this.#kit;
    const nowMs = clock.nowMs();
    const portal = lanePortal(queue.id);
    const links: LinkRow[] = [];
    for (const row of batch) {
      const effect = parseEffect(row.payload);
      if (effect?.op !== 'matrix.message') continue;
      const { network, messageKey, room } = effect;
      const lagMs = nowMs - row.createdAtMs;
      links.push({ network, messageKey, room, eventId, direction: 'to-matrix', createdAtMs: nowMs });
      metrics.deliverySeconds.observe({ direction: 'to-matrix', network }, lagMs / 1000);
      metrics.messages.add({ direction: 'to-matrix', network, outcome: 'delivered' });
      this.#portals.delivered(portal, 'to-matrix', nowMs, lagMs);
      if (logLines())
        log.info('bridged', { direction: 'to-matrix', portal, from: effect.nick, text: effect.body, lagMs });
    }
    return { links, nowMs };
  }
}
