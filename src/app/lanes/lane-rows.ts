import { laneKind, lanePortal } from '../../core/ids.ts';
import { StoreUnavailable } from '../../ports/db.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { LaneQueue } from './lane.ts';

/**
 * Rows that were marked and never sent are marked back at the end, so that the next start has nothing to look up.
 * @param wasSent whether a marked row may have gone out
 */
export async function handBack(
  { db, stores }: Kit,
  queue: LaneQueue,
  most: number,
  wasSent: (row: OutboxRow) => boolean,
): Promise<void> {
  try {
    const rows = await queue.peek(most);
    const ids = rows.filter((row) => row.state === 'sending' && !wasSent(row)).map((row) => row.id);
    if (ids.length > 0) await db.transaction((sql) => stores.outbox.markPending(sql, ids));
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}

/** Sets a row aside that cannot be carried out; what is behind it goes on. */
export async function park(
  kit: Kit,
  portals: PortalTable,
  queue: LaneQueue,
  row: OutboxRow,
  why: string,
): Promise<void> {
  const direction = laneKind(queue.id) === 'to-matrix' ? 'to-matrix' : 'to-network';
  await kit.db.transaction((sql) => kit.stores.outbox.park(sql, row.id, why));
  queue.take(row.id);
  kit.metrics.messages.add({ direction, network: portals.networkOf(lanePortal(queue.id)), outcome: 'parked' });
  kit.log.warn('a message was set aside; `causeway status` counts it as parked', { lane: queue.id, why });
}
