import type { IdentityLinkRow, IdentityLinkStore } from '../../ports/authority-stores.ts';
import { storableKey } from '../storable.ts';

const COLUMNS = 'handle, subject, proven_at_ms AS "provenAtMs", how';

const ALL = `SELECT ${COLUMNS} FROM identity_link`;

const GET = `SELECT ${COLUMNS} FROM identity_link WHERE key = ?`;

const PUT = `
  INSERT INTO identity_link (key, handle, subject, proven_at_ms, how) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET subject = excluded.subject, proven_at_ms = excluded.proven_at_ms, how = excluded.how`;

const DELETE = 'DELETE FROM identity_link WHERE key = ?';

export const identityLinkStore: IdentityLinkStore = {
  async all(sql) {
    const rows = await sql.all<IdentityLinkRow>(ALL);
    return rows.sort((a, b) => (a.handle < b.handle ? -1 : 1));
  },

  async put(sql, { handle, subject, provenAtMs, how }) {
    const key = storableKey(handle);
    const [before] = await sql.all<IdentityLinkRow>(GET, key);
    await sql.run(PUT, key, handle, subject, provenAtMs, how);
    return before;
  },

  async delete(sql, handle) {
    await sql.run(DELETE, storableKey(handle));
  },
};
