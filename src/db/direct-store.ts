import type { Direct } from '../core/direct.ts';
import type { DirectRow, DirectStore } from '../ports/direct-store.ts';
import { storableKey } from './storable.ts';

const ALL = 'SELECT id, network, room_id AS "roomId", blocked, json FROM direct';

const PUT = `
  INSERT INTO direct (key, id, network, room_id, blocked, json) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET room_id = excluded.room_id, blocked = excluded.blocked, json = excluded.json`;

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

  async put(sql, { id, network, roomId, userId, peer, blocked }) {
    await sql.run(PUT, storableKey(id), id, network, roomId, blocked ? 1 : 0, JSON.stringify({ userId, peer }));
  },
};
