import type { MessageKey } from '../../core/ids.ts';
import type { LinkRow, LinkStore } from '../../ports/stores.ts';
import { storableKey } from '../storable.ts';
import { batches, knownKeys, rowPlaces } from './batches.ts';

const INSERT = (rows: number): string => `
  INSERT INTO link (network, message_key, room, event_id, direction, created_at_ms, sender, nick, thread, gone, provenance)
  VALUES ${rowPlaces(rows, 11)}
  ON CONFLICT (network, message_key, event_id) DO NOTHING`;

const SENT_BY_US = (places: string): string => `
  SELECT message_key AS key FROM link
  WHERE network = ? AND direction = 'to-network' AND message_key IN (${places})`;

const COLUMNS = `
  network, message_key AS "messageKey", room, event_id AS "eventId", direction, created_at_ms AS "createdAtMs",
  sender, nick, thread, gone`;

/** One event or message has few links; the bound is against what nobody thought of. */
const BY_EVENT = `SELECT ${COLUMNS} FROM link WHERE event_id = ? AND room = ? ORDER BY created_at_ms LIMIT 1000`;
const BY_KEY = `SELECT ${COLUMNS} FROM link WHERE network = ? AND message_key = ? ORDER BY created_at_ms LIMIT 1000`;

const SINCE = `
  SELECT message_key AS key FROM link WHERE created_at_ms >= ? AND network = ? AND room = ? AND gone = 0
  ORDER BY created_at_ms DESC LIMIT 1000`;

const PROVENANCE =
  'SELECT provenance FROM link WHERE event_id = ? AND room = ? AND provenance IS NOT NULL ORDER BY created_at_ms LIMIT 1';

/** When the last of the oldest thousand was made. */
const PRUNE_UP_TO = `
  SELECT MAX(created_at_ms) AS ms FROM (
    SELECT created_at_ms FROM link WHERE created_at_ms < ? ORDER BY created_at_ms LIMIT 1000
  ) AS oldest`;

const MARK_GONE = 'UPDATE link SET gone = 1 WHERE event_id = ? AND room = ?';

const MOVE_ROOM = 'UPDATE link SET room = ? WHERE room = ?';
const PRUNE = 'DELETE FROM link WHERE created_at_ms <= ?';

type Stored = Omit<LinkRow, 'gone'> & { readonly gone: number };

const read = (row: Stored): LinkRow => ({ ...row, gone: row.gone === 1 });

/** Links made in one go have one time: then the order is that of the keys, the same on both engines. */
const inOrder = (rows: readonly LinkRow[]): LinkRow[] => {
  const place = (row: LinkRow): string => `${row.network} ${row.messageKey} ${row.eventId}`;
  return rows.toSorted((a, b) => a.createdAtMs - b.createdAtMs || (place(a) < place(b) ? -1 : 1));
};

export const linkStore: LinkStore = {
  async insert(sql, rows) {
    for (const batch of batches(rows)) {
      const values = batch.flatMap((row) => [
        row.network,
        storableKey(row.messageKey),
        row.room,
        row.eventId,
        row.direction,
        row.createdAtMs,
        row.sender,
        row.nick,
        row.thread,
        row.gone ? 1 : 0,
        row.provenance ?? null,
      ]);
      await sql.run(INSERT(batch.length), ...values);
    }
  },

  sentByUs: (sql, network, keys) => knownKeys(sql, keys, SENT_BY_US, network),

  async byEvent(sql, room, eventId) {
    return inOrder((await sql.all<Stored>(BY_EVENT, eventId, room)).map(read));
  },

  async byKey(sql, network, key) {
    return inOrder((await sql.all<Stored>(BY_KEY, network, storableKey(key))).map(read));
  },

  async since(sql, network, room, sinceMs) {
    return (await sql.all<{ key: MessageKey }>(SINCE, sinceMs, network, room)).map(({ key }) => key);
  },

  async moveRoom(sql, from, to) {
    await sql.run(MOVE_ROOM, to, from);
  },

  async markGone(sql, room, eventId) {
    await sql.run(MARK_GONE, eventId, room);
  },

  async provenance(sql, room, eventId) {
    const [row] = await sql.all<{ provenance: string }>(PROVENANCE, eventId, room);
    return row?.provenance;
  },

  async prune(sql, beforeMs) {
    const [upTo] = await sql.all<{ ms: number | null }>(PRUNE_UP_TO, beforeMs);
    return upTo === undefined || upTo.ms === null ? 0 : sql.run(PRUNE, upTo.ms);
  },
};
