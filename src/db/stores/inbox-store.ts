import type { LaneId } from '../../core/ids.ts';
import type { InboxRow, InboxStore } from '../../ports/stores.ts';
import { storableKey } from '../storable.ts';
import { knownKeys } from './batches.ts';

const INSERT = `
  INSERT INTO inbox (id, source, key, lane, received_at_ms, payload, state, seen)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (source, key) DO NOTHING`;

const KNOWN = (places: string): string => `SELECT key FROM inbox WHERE source = ? AND key IN (${places})`;

const MARK_SEEN = 'UPDATE inbox SET seen = seen | ? WHERE source = ? AND key = ? RETURNING seen';

const WAITING = `
  SELECT id, source, key, lane, received_at_ms AS "receivedAtMs", payload, state, seen
  FROM inbox WHERE state = 'waiting' AND lane = ? ORDER BY id LIMIT ?`;

const WAITING_LANES = "SELECT DISTINCT lane FROM inbox WHERE state = 'waiting'";

const MARK_ROUTED = "UPDATE inbox SET state = 'routed', payload = NULL WHERE id = ?";

const PARK = "UPDATE inbox SET state = 'parked', error = ? WHERE id = ?";

const RENUMBER = "UPDATE inbox SET id = ? WHERE id = ? AND state = 'waiting'";

/** When the last of the oldest thousand came: a border by time is one walk along the index on both engines. */
const PRUNE_UP_TO = `
  SELECT MAX(received_at_ms) AS ms FROM (
    SELECT received_at_ms FROM inbox WHERE state = 'routed' AND received_at_ms < ? ORDER BY received_at_ms LIMIT 1000
  ) AS oldest`;

const PRUNE = "DELETE FROM inbox WHERE state = 'routed' AND received_at_ms <= ?";

/** Before rows are forgotten: their largest id must not be given again. */
const REMEMBER_MAX = `
  UPDATE id_mark SET id = (SELECT MAX(id) FROM inbox)
  WHERE name = 'inbox' AND id < (SELECT MAX(id) FROM inbox)`;

const MAX_ID =
  "SELECT MAX(id) AS id FROM (SELECT MAX(id) AS id FROM inbox UNION ALL SELECT id FROM id_mark WHERE name = 'inbox') AS ids";

export const inboxStore: InboxStore = {
  async insert(sql, row) {
    const { id, source, lane, receivedAtMs, payload, state, seen } = row;
    return (await sql.run(INSERT, id, source, storableKey(row.key), lane, receivedAtMs, payload, state, seen)) === 1;
  },

  known: (sql, source, keys) => knownKeys(sql, keys, KNOWN, source),

  async markSeen(sql, source, key, bit) {
    const [row] = await sql.all<{ seen: number }>(MARK_SEEN, bit, source, storableKey(key));
    return row?.seen;
  },

  waiting: (sql, lane, limit) => sql.all<InboxRow>(WAITING, lane, limit),

  async waitingLanes(sql) {
    const rows = await sql.all<{ lane: LaneId | '' }>(WAITING_LANES);
    return rows.flatMap(({ lane }) => (lane === '' ? [] : [lane])).sort();
  },

  async markRouted(sql, id) {
    await sql.run(MARK_ROUTED, id);
  },

  async park(sql, id, error) {
    await sql.run(PARK, error, id);
  },

  async renumber(sql, id, newId) {
    await sql.run(RENUMBER, newId, id);
  },

  async prune(sql, beforeMs) {
    const [upTo] = await sql.all<{ ms: number | null }>(PRUNE_UP_TO, beforeMs);
    if (upTo === undefined || upTo.ms === null) return 0;
    await sql.run(REMEMBER_MAX);
    return sql.run(PRUNE, upTo.ms);
  },

  async maxId(sql) {
    const [row] = await sql.all<{ id: number }>(MAX_ID);
    return row?.id ?? 0;
  },
};
