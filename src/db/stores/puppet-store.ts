import type { PuppetRow, PuppetStore } from '../../ports/stores.ts';

const ALL = `
  SELECT network, user_id AS "userId", nick, account, prefix, last_used_ms AS "lastUsedMs"
  FROM puppet WHERE network = ?`;

const PUT = `
  INSERT INTO puppet (network, user_id, nick, account, prefix, last_used_ms) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (network, user_id) DO UPDATE SET nick = excluded.nick, account = excluded.account,
    prefix = excluded.prefix, last_used_ms = excluded.last_used_ms`;

export const puppetStore: PuppetStore = {
  async all(sql, network) {
    const rows = await sql.all<PuppetRow>(ALL, network);
    return rows.sort((a, b) => (a.userId < b.userId ? -1 : 1));
  },

  async put(sql, row) {
    await sql.run(PUT, row.network, row.userId, row.nick, row.account, row.prefix, row.lastUsedMs);
  },
};
