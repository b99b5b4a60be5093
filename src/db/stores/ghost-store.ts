import type { GhostRoomRow, GhostRow, GhostStore } from '../../ports/stores.ts';

const GET = `
  SELECT user_id AS "userId", network, display_name AS "displayName", registered, silenced
  FROM ghost WHERE user_id = ?`;

const PUT = `
  INSERT INTO ghost (user_id, network, display_name, registered, silenced) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (user_id) DO UPDATE SET network = excluded.network, display_name = excluded.display_name,
    registered = excluded.registered, silenced = excluded.silenced`;

const JOINED = `
  SELECT user_id AS "userId", room_id AS "roomId", last_spoke_ms AS "lastSpokeMs" FROM ghost_room WHERE room_id = ?`;

const JOIN = `
  INSERT INTO ghost_room (room_id, user_id, last_spoke_ms) VALUES (?, ?, ?)
  ON CONFLICT (room_id, user_id) DO UPDATE SET last_spoke_ms = excluded.last_spoke_ms`;

const LEAVE = 'DELETE FROM ghost_room WHERE room_id = ? AND user_id = ?';

const SPOKE = 'UPDATE ghost_room SET last_spoke_ms = ? WHERE room_id = ? AND user_id = ?';

type Stored = Omit<GhostRow, 'registered' | 'silenced'> & { readonly registered: number; readonly silenced: number };

export const ghostStore: GhostStore = {
  async get(sql, userId) {
    const [row] = await sql.all<Stored>(GET, userId);
    return row && { ...row, registered: row.registered === 1, silenced: row.silenced === 1 };
  },

  async put(sql, row) {
    await sql.run(PUT, row.userId, row.network, row.displayName, Number(row.registered), Number(row.silenced));
  },

  async joined(sql, roomId) {
    const rows = await sql.all<GhostRoomRow>(JOINED, roomId);
    return rows.sort((a, b) => (a.userId < b.userId ? -1 : 1));
  },

  async join(sql, userId, roomId, atMs) {
    await sql.run(JOIN, roomId, userId, atMs);
  },

  async leave(sql, userId, roomId) {
    await sql.run(LEAVE, roomId, userId);
  },

  async spoke(sql, userId, roomId, atMs) {
    await sql.run(SPOKE, atMs, roomId, userId);
  },
};
