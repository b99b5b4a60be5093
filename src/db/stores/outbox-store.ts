import type { LaneId } from '../../core/ids.ts';
import type { LaneBacklog, OutboxRow, OutboxStore } from '../../ports/stores.ts';
import { storableKey } from '../storable.ts';
import { batches, inList, MAX_LIST, rowPlaces } from './batches.ts';

const INSERT = (rows: number): string => `
  INSERT INTO outbox (id, lane, key, payload, state, attempts, created_at_ms, detail, error)
  VALUES ${rowPlaces(rows, 9)}
  ON CONFLICT (key) DO NOTHING
  RETURNING id`;

const OPEN = `
  SELECT id, lane, key, payload, state, attempts, created_at_ms AS "createdAtMs", detail, error
  FROM outbox WHERE state <> 'parked' AND lane = ? AND id > ? ORDER BY id LIMIT ?`;

const OPEN_LANES = "SELECT DISTINCT lane FROM outbox WHERE state <> 'parked'";

/** The kind of an effect stands first in its JSON. */
const OPEN_OF = "SELECT payload FROM outbox WHERE state <> 'parked' AND substr(payload, 1, ?) = ? ORDER BY id";

const MARK_SENDING = "UPDATE outbox SET state = 'sending', attempts = attempts + 1, detail = ? WHERE id = ?";

const MARK_SENDING_PLAIN = (places: string): string =>
  `UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id IN (${places})`;

const MARK_PENDING = (places: string): string => `UPDATE outbox SET state = 'pending' WHERE id IN (${places})`;

const FINISH = (places: string): string => `DELETE FROM outbox WHERE id IN (${places})`;

/** The largest id must not be given again when its row is gone. */
const REMEMBER = "UPDATE id_mark SET id = ? WHERE name = 'outbox' AND id < ?";

const PARK = "UPDATE outbox SET state = 'parked', error = ? WHERE id = ?";

const OPEN_BACKLOG = `
  SELECT lane,
    COUNT(CASE state WHEN 'pending' THEN 1 END) AS pending,
    COUNT(CASE state WHEN 'sending' THEN 1 END) AS sending,
    MIN(created_at_ms) AS "oldestAtMs"
  FROM outbox WHERE state <> 'parked' GROUP BY lane`;

/** What could not be carried out, and what never came so far because routing it failed. */
const PARKED_BACKLOG = `
  SELECT lane, COUNT(*) AS parked FROM (
    SELECT lane FROM outbox WHERE state = 'parked' UNION ALL SELECT lane FROM inbox WHERE state = 'parked'
  ) AS rows_aside GROUP BY lane`;

const MAX_ID =
  "SELECT MAX(id) AS id FROM (SELECT MAX(id) AS id FROM outbox UNION ALL SELECT id FROM id_mark WHERE name = 'outbox') AS ids";

/** A list of ids in parts that one statement takes. */
function* parts(ids: readonly number[]): Generator<ReturnType<typeof inList<number>>> {
  for (let from = 0; from < ids.length; from += MAX_LIST) yield inList(ids.slice(from, from + MAX_LIST));
}

export const outboxStore: OutboxStore = {
  async insert(sql, rows) {
    const fresh = new Set<number>();
    for (const batch of batches(rows)) {
      const values = batch.flatMap((row) => [
        row.id,
        row.lane,
        storableKey(row.key),
        row.payload,
        row.state,
        row.attempts,
        row.createdAtMs,
        row.detail,
        row.error,
      ]);
      for (const { id } of await sql.all<{ id: number }>(INSERT(batch.length), ...values)) fresh.add(id);
    }
    return rows.filter((row) => fresh.delete(row.id));
  },

  open: (sql, lane, afterId, limit) => sql.all<OutboxRow>(OPEN, lane, afterId, limit),

  async openLanes(sql) {
    const rows = await sql.all<{ lane: LaneId }>(OPEN_LANES);
    return rows.map(({ lane }) => lane).sort();
  },

  async openOf(sql, op) {
    const head = `{"op":"${op}"`;
    return (await sql.all<{ payload: string }>(OPEN_OF, head.length, head)).map(({ payload }) => payload);
  },

  async markSending(sql, ids, details) {
    const plain: number[] = [];
    for (const id of ids) {
      const detail = details.get(id);
      if (detail === undefined) plain.push(id);
      else await sql.run(MARK_SENDING, detail, id);
    }
    for (const { places, values } of parts(plain)) await sql.run(MARK_SENDING_PLAIN(places), ...values);
  },

  async markPending(sql, ids) {
    for (const { places, values } of parts(ids)) await sql.run(MARK_PENDING(places), ...values);
  },

  async finish(sql, ids) {
    for (const { places, values } of parts(ids)) {
      const largest = Math.max(...values);
      await sql.run(REMEMBER, largest, largest);
      await sql.run(FINISH(places), ...values);
    }
  },

  async park(sql, id, error) {
    await sql.run(PARK, error, id);
  },

  async backlog(sql) {
    const lanes = new Map<LaneId, LaneBacklog>();
    for (const row of await sql.all<Omit<LaneBacklog, 'parked'>>(OPEN_BACKLOG))
      lanes.set(row.lane, { ...row, parked: 0 });
    for (const { lane, parked } of await sql.all<Pick<LaneBacklog, 'lane' | 'parked'>>(PARKED_BACKLOG)) {
      const open = lanes.get(lane) ?? { lane, pending: 0, sending: 0, oldestAtMs: null };
      lanes.set(lane, { ...open, parked });
    }
    return [...lanes.values()].sort((a, b) => (a.lane < b.lane ? -1 : 1));
  },

  async maxId(sql) {
    const [row] = await sql.all<{ id: number }>(MAX_ID);
    return row?.id ?? 0;
  },
};
