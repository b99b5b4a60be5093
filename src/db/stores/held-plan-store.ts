import type { HeldPlanRow, HeldPlanStore } from '../../ports/authority-stores.ts';

const ALL = 'SELECT hash, resource, text, created_at_ms AS "createdAtMs" FROM held_plan';

const REPLACED = 'DELETE FROM held_plan WHERE resource = ? AND hash <> ?';

const PUT = `
  INSERT INTO held_plan (hash, resource, text, created_at_ms) VALUES (?, ?, ?, ?)
  ON CONFLICT (hash) DO UPDATE SET resource = excluded.resource, text = excluded.text`;

const DELETE = 'DELETE FROM held_plan WHERE hash = ?';

export const heldPlanStore: HeldPlanStore = {
  async all(sql) {
    const rows = await sql.all<HeldPlanRow>(ALL);
    return rows.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.hash < b.hash ? -1 : 1));
  },

  async put(sql, { hash, resource, text, createdAtMs }) {
    await sql.run(REPLACED, resource, hash);
    await sql.run(PUT, hash, resource, text, createdAtMs);
  },

  async delete(sql, hash) {
    await sql.run(DELETE, hash);
  },
};
