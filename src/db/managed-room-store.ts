import type { ManagedBanRow, ManagedRoomRow, ManagedRoomStore } from '../ports/authority-stores.ts';

const ALL = 'SELECT resource, room_id AS "roomId", alias, state, detail FROM managed_room';

const PUT = `
  INSERT INTO managed_room (resource, room_id, alias, state, detail) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (resource) DO UPDATE SET room_id = excluded.room_id, alias = excluded.alias, state = excluded.state,
    detail = excluded.detail`;

const DELETE = 'DELETE FROM managed_room WHERE resource = ?';

const FORGET_BANS = 'DELETE FROM managed_ban WHERE room_id NOT IN (SELECT room_id FROM managed_room)';

const BANS = 'SELECT room_id AS "roomId", user_id AS "userId", subject, at_ms AS "atMs" FROM managed_ban';

const BAN = 'INSERT INTO managed_ban (room_id, user_id, subject, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';

const UNBAN = 'DELETE FROM managed_ban WHERE room_id = ? AND user_id = ?';

export const managedRoomStore: ManagedRoomStore = {
  async all(sql) {
    const rows = await sql.all<ManagedRoomRow>(ALL);
    return rows.sort((a, b) => (a.resource < b.resource ? -1 : 1));
  },

  async put(sql, { resource, roomId, alias, state, detail }) {
    await sql.run(PUT, resource, roomId, alias, state, detail);
  },

  async delete(sql, resource) {
    await sql.run(DELETE, resource);
    await sql.run(FORGET_BANS);
  },

  async bans(sql) {
    const rows = await sql.all<ManagedBanRow>(BANS);
    const order = ({ roomId, userId }: ManagedBanRow): string => `${roomId} ${userId}`;
    return rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  },

  async ban(sql, { roomId, userId, subject, atMs }) {
    await sql.run(BAN, roomId, userId, subject, atMs);
  },

  async unban(sql, roomId, userId) {
    await sql.run(UNBAN, roomId, userId);
  },
};
