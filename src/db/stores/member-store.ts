import type { MemberRow, MemberStore } from '../../ports/stores.ts';

const COLUMNS = 'room_id AS "roomId", user_id AS "userId", membership, display_name AS "displayName"';

const GET = `SELECT ${COLUMNS} FROM member WHERE room_id = ? AND user_id = ?`;

const PUT = `
  INSERT INTO member (room_id, user_id, membership, display_name) VALUES (?, ?, ?, ?)
  ON CONFLICT (room_id, user_id) DO UPDATE SET membership = excluded.membership, display_name = excluded.display_name`;

const IN_ROOM = `SELECT ${COLUMNS} FROM member WHERE room_id = ?`;

export const memberStore: MemberStore = {
  async get(sql, roomId, userId) {
    const [row] = await sql.all<MemberRow>(GET, roomId, userId);
    return row;
  },

  async put(sql, row) {
    const [before] = await sql.all<MemberRow>(GET, row.roomId, row.userId);
    await sql.run(PUT, row.roomId, row.userId, row.membership, row.displayName);
    return before;
  },

  async inRoom(sql, roomId) {
    const rows = await sql.all<MemberRow>(IN_ROOM, roomId);
    return rows.sort((a, b) => (a.userId < b.userId ? -1 : 1));
  },
};
