import type { Direct } from '../../core/direct.ts';
import type { DirectRow, DirectStore } from '../../ports/direct-store.ts';
import { storableKey } from '../storable.ts';

const ALL = 'SELECT id, network, room_id AS "roomId", blocked, json FROM direct';

const MEET = `
  INSERT INTO direct (key, id, network, room_id, blocked, json) VALUES (?, ?, ?, NULL, 0, ?)
  ON CONFLICT (key) DO UPDATE SET json = excluded.json`;

const SET_BLOCKED = 'UPDATE direct SET blocked = ? WHERE key = ?';

const SET_ROOM = 'UPDATE direct SET room_id = ? WHERE key = ? AND room_id IS NULL';

const MOVE_ROOM = 'UPDATE direct SET room_id = ? WHERE key = ?';

const ROOM = 'SELECT room_id AS "roomId" FROM direct WHERE key = ?';

type Stored = Pick<DirectRow, 'id' | 'network' | 'roomId'> & { readonly blocked: number; readonly json: string };

export const directStore: DirectStore = {
  async all(sql) {
    const rows = await sql.all<Stored>(ALL);
    const read = ({ json, blocked, ...row }: Stored): DirectRow => ({
      ...row,
      ...(JSON.parse(json) as Pick<Direct, 'userId' | 'peer'>),
      blocked: blocked !== 0,
    });
    return rows.map(read).sort((a, b) => (a.id < b.id ? -1 : 1));
  },

  async meet(sql, { id, network, userId, peer }) {
    await sql.run(MEET, storableKey(id), id, network, JSON.stringify({ userId, peer }));
  },

  async setBlocked(sql, id, blocked) {
    await sql.run(SET_BLOCKED, blocked ? 1 : 0, storableKey(id));
  },

  async setRoom(sql, id, roomId) {
    await sql.run(SET_ROOM, roomId, storableKey(id));
    const [row] = await sql.all<Pick<DirectRow, 'roomId'>>(ROOM, storableKey(id));
    return row?.roomId ?? roomId;
  },

  async moveRoom(sql, id, roomId) {
    await sql.run(MOVE_ROOM, roomId, storableKey(id));
  },
};
