import type { CursorStore } from '../../ports/stores.ts';
import { storableText } from '../storable.ts';

const GET = 'SELECT value FROM cursor WHERE name = ?';

const SET = 'INSERT INTO cursor (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value';

/** No range: how text is ordered is the database's own affair on PostgreSQL. */
const LIST = 'SELECT name, value FROM cursor WHERE substr(name, 1, ?) = ?';

const DELETE = 'DELETE FROM cursor WHERE name = ?';

export const cursorStore: CursorStore = {
  async get(sql, name) {
    const [row] = await sql.all<{ value: string }>(GET, name);
    return row?.value;
  },

  async set(sql, name, value) {
    await sql.run(SET, name, value);
  },

  async list(sql, prefix) {
    const characters = [...storableText(prefix)].length;
    const rows = await sql.all<{ name: string; value: string }>(LIST, characters, prefix);
    return new Map(rows.map(({ name, value }) => [name, value] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
  },

  async delete(sql, name) {
    await sql.run(DELETE, name);
  },
};
