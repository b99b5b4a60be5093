import type { VisitorStore, VisitRow } from '../../ports/authority-stores.ts';
import { storableKey } from '../storable.ts';

const ALL = 'SELECT agreement, user_id AS "userId", json, over_ms AS "overMs" FROM visit';

const PUT = `
  INSERT INTO visit (key, agreement, user_id, json, over_ms) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET json = excluded.json, over_ms = excluded.over_ms`;

const PRUNE = 'DELETE FROM visit WHERE over_ms < ?';

const FORGET_USED = 'DELETE FROM used_assertion WHERE until_ms < ?';

const COUNT_USED = 'SELECT count(*) AS used FROM used_assertion WHERE agreement = ?';

const WAS_USED = 'SELECT 1 AS found FROM used_assertion WHERE key = ?';

const USE = 'INSERT INTO used_assertion (key, agreement, until_ms) VALUES (?, ?, ?)';

export const visitorStore: VisitorStore = {
  async visits(sql) {
    const rows = await sql.all<VisitRow>(ALL);
    return rows.sort((a, b) => a.overMs - b.overMs || (a.userId < b.userId ? -1 : 1));
  },

  async put(sql, rows) {
    for (const { agreement, userId, json, overMs } of rows)
      await sql.run(PUT, storableKey(`${agreement} ${userId}`), agreement, userId, json, overMs);
  },

  async prune(sql, beforeMs) {
    await sql.run(PRUNE, beforeMs);
  },

  async use(sql, { agreement, issuer, jti, untilMs }, nowMs, most) {
    await sql.run(FORGET_USED, nowMs);
    const key = storableKey(`${issuer} ${jti}`);
    const known = await sql.all(WAS_USED, key);
    if (known.length > 0) return 'used';
    const [row] = await sql.all<{ used: number }>(COUNT_USED, agreement);
    if (Number(row?.used ?? 0) >= most) return 'too-many';
    await sql.run(USE, key, agreement, untilMs);
    return 'first';
  },
};
