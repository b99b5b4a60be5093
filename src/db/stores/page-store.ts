import type { PageContent } from '../../core/share-page.ts';
import type { PageGone, PageRow, PageStore } from '../../ports/page-store.ts';
import { storableKey } from '../storable.ts';

const INSERT = `
  INSERT INTO page (id, room_id, event_id, root_id, user_id, content, created_at_ms, gone)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const GET = `
  SELECT id, room_id AS "roomId", event_id AS "eventId", root_id AS "rootId", user_id AS "userId", content,
    created_at_ms AS "createdAtMs", gone
  FROM page WHERE id = ?`;

/** Under these names the deletion of an event is noted: for everybody's messages, or for one person's. Of older versions: the event alone. */
const namesOf = (room: string, eventId: string, userId: string): readonly string[] => [
  eventId,
  `${eventId} ${room}`,
  `${eventId} ${room} ${userId}`,
];
const DELETED = 'SELECT 1 AS yes FROM deleted_event WHERE event_id IN (?, ?, ?, ?, ?, ?)';
const NOTE_DELETED = 'INSERT INTO deleted_event (event_id, at_ms) VALUES (?, ?) ON CONFLICT (event_id) DO NOTHING';

const END = (which: string): string =>
  `UPDATE page SET content = NULL, gone = ? WHERE content IS NOT NULL AND ${which}`;
const OF_EVENT = ['event_id = ? AND room_id = ?', 'root_id = ? AND room_id = ?'];
const END_OF_ALL = OF_EVENT.map(END);
const END_OF_OWN = OF_EVENT.map((which) => END(`${which} AND user_id = ?`));
const END_OF_USER = END('user_id = ?');
const MOVE_ROOM = 'UPDATE page SET room_id = ? WHERE room_id = ?';
const EXPIRE = END(
  'id IN (SELECT id FROM page WHERE content IS NOT NULL AND created_at_ms < ? ORDER BY created_at_ms LIMIT 1000)',
);

const PRUNE =
  'DELETE FROM page WHERE id IN (SELECT id FROM page WHERE created_at_ms < ? ORDER BY created_at_ms LIMIT 1000)';
const PRUNE_DELETED =
  'DELETE FROM deleted_event WHERE event_id IN (SELECT event_id FROM deleted_event WHERE at_ms < ? ORDER BY at_ms LIMIT 1000)';

type Stored = Omit<PageRow, 'content' | 'gone'> & { readonly content: string | null; readonly gone: PageGone | null };

export const pageStore: PageStore = {
  async insert(sql, row) {
    const keys = [row.eventId, row.rootId].map(storableKey);
    const notes = [row.eventId, row.rootId].flatMap((eventId) => namesOf(row.roomId, eventId, row.userId));
    const isDeleted = (await sql.all(DELETED, ...notes.map(storableKey))).length > 0;
    const content = row.content === undefined || isDeleted ? null : JSON.stringify(row.content);
    const gone = isDeleted ? 'deleted' : (row.gone ?? null);
    await sql.run(
      INSERT,
      row.id,
      storableKey(row.roomId),
      ...keys,
      storableKey(row.userId),
      content,
      row.createdAtMs,
      gone,
    );
  },

  async get(sql, id) {
    const [row] = await sql.all<Stored>(GET, storableKey(id));
    if (row === undefined) return undefined;
    const { content, gone, ...rest } = row;
    return {
      ...rest,
      ...(content === null ? {} : { content: JSON.parse(content) as PageContent }),
      ...(gone === null ? {} : { gone }),
    };
  },

  async eventDeleted(sql, { room, eventId, by }, atMs) {
    const [, forAll = '', forOne = ''] = namesOf(room, eventId, by ?? '');
    await sql.run(NOTE_DELETED, storableKey(by === undefined ? forAll : forOne), atMs);
    const whose = (by === undefined ? [eventId, room] : [eventId, room, by]).map(storableKey);
    for (const end of by === undefined ? END_OF_ALL : END_OF_OWN) await sql.run(end, 'deleted', ...whose);
  },

  async moveRoom(sql, from, to) {
    await sql.run(MOVE_ROOM, storableKey(to), storableKey(from));
  },

  withdrawOf: (sql, userId) => sql.run(END_OF_USER, 'withdrawn', storableKey(userId)),
  expire: (sql, beforeMs) => sql.run(EXPIRE, 'expired', beforeMs),

  async prune(sql, beforeMs) {
    return (await sql.run(PRUNE, beforeMs)) + (await sql.run(PRUNE_DELETED, beforeMs));
  },
};
