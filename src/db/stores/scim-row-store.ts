import type { ScimRow, ScimRowStore } from '../../ports/authority-stores.ts';
import { storableKey } from '../storable.ts';
import { batches, inList, MAX_LIST, rowPlaces } from './batches.ts';

const ALL = 'SELECT name AS "key", json FROM scim_resource';

const put = (rows: number): string => `
  INSERT INTO scim_resource (key, name, json) VALUES ${rowPlaces(rows, 3)}
  ON CONFLICT (key) DO UPDATE SET json = excluded.json`;

export const scimRowStore: ScimRowStore = {
  async all(sql) {
    const rows = await sql.all<ScimRow>(ALL);
    return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  },

  async put(sql, rows) {
    for (const batch of batches(rows))
      await sql.run(put(batch.length), ...batch.flatMap(({ key, json }) => [storableKey(key), key, json]));
  },

  async delete(sql, keys) {
    for (let from = 0; from < keys.length; from += MAX_LIST) {
      const { places, values } = inList(keys.slice(from, from + MAX_LIST).map(storableKey));
      await sql.run(`DELETE FROM scim_resource WHERE key IN (${places})`, ...values);
    }
  },
};
