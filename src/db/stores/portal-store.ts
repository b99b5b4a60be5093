import type { PortalRow, PortalStore } from '../../ports/stores.ts';

const ALL = `
  SELECT id, network, channel, room_id AS "roomId",
    last_to_matrix_ms AS "lastToMatrixMs", last_to_network_ms AS "lastToNetworkMs"
  FROM portal`;

const PUT = `
  INSERT INTO portal (id, network, channel, room_id, last_to_matrix_ms, last_to_network_ms)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET network = excluded.network, channel = excluded.channel, room_id = excluded.room_id,
    last_to_matrix_ms = excluded.last_to_matrix_ms, last_to_network_ms = excluded.last_to_network_ms`;

const TOUCH = {
  'to-matrix': 'UPDATE portal SET last_to_matrix_ms = ? WHERE id = ?',
  'to-network': 'UPDATE portal SET last_to_network_ms = ? WHERE id = ?',
} as const;

const DELETE = 'DELETE FROM portal WHERE id = ?';

export const portalStore: PortalStore = {
  async all(sql) {
    const rows = await sql.all<PortalRow>(ALL);
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  },

  async put(sql, row) {
    await sql.run(PUT, row.id, row.network, row.channel, row.roomId, row.lastToMatrixMs, row.lastToNetworkMs);
  },

  async touch(sql, id, direction, atMs) {
    await sql.run(TOUCH[direction], atMs, id);
  },

  async delete(sql, id) {
    await sql.run(DELETE, id);
  },
};
