import type { AuthorityMemberRow, AuthorityStore } from '../../ports/authority-stores.ts';
import { storableKey } from '../storable.ts';
import { batches, rowPlaces } from './batches.ts';

const MEMBERS = 'SELECT subject, json, revision, as_of_ms AS "asOfMs" FROM authority_member';

const put = (rows: number): string => `
  INSERT INTO authority_member (key, subject, json, revision, as_of_ms) VALUES ${rowPlaces(rows, 5)}
  ON CONFLICT (key) DO UPDATE SET json = excluded.json, revision = excluded.revision, as_of_ms = excluded.as_of_ms`;

const CLEAR = 'DELETE FROM authority_member';

export const authorityStore: AuthorityStore = {
  async members(sql) {
    const rows = await sql.all<AuthorityMemberRow>(MEMBERS);
    return rows.sort((a, b) => (a.subject < b.subject ? -1 : 1));
  },

  async put(sql, rows) {
    for (const batch of batches(rows)) {
      const values = batch.flatMap(({ subject, json, revision, asOfMs }) => [
        storableKey(subject),
        subject,
        json,
        revision,
        asOfMs,
      ]);
      await sql.run(put(batch.length), ...values);
    }
  },

  async clear(sql) {
    await sql.run(CLEAR);
  },
};
