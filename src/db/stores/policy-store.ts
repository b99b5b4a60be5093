import type { ShutOut } from '../../core/policy/plan-shut-outs.ts';
import type { PolicyRow, PolicyStore } from '../../ports/policy-store.ts';
import { storableKey } from '../storable.ts';

const ALL = 'SELECT room, slot, type, event_id AS "eventId", sent_at_ms AS "sentAtMs", content FROM policy_rule';

const PUT = `
  INSERT INTO policy_rule (room, slot, type, event_id, sent_at_ms, content) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (room, slot) DO UPDATE SET
    event_id = excluded.event_id, sent_at_ms = excluded.sent_at_ms, content = excluded.content`;

const DELETE = 'DELETE FROM policy_rule WHERE room = ? AND slot = ?';

const FORGET = 'DELETE FROM policy_rule WHERE room = ?';

const SHUT_OUTS = 'SELECT json FROM policy_shut_out';

const PUT_SHUT_OUT = `
  INSERT INTO policy_shut_out (key, json) VALUES (?, ?)
  ON CONFLICT (key) DO UPDATE SET json = excluded.json`;

const DELETE_SHUT_OUT = 'DELETE FROM policy_shut_out WHERE key = ?';

export const policyStore: PolicyStore = {
  async all(sql) {
    const rows = await sql.all<PolicyRow>(ALL);
    return rows
      .map((row) => ({ ...row, sentAtMs: Number(row.sentAtMs) }))
      .sort((a, b) => (a.room < b.room || (a.room === b.room && a.slot < b.slot) ? -1 : 1));
  },

  async put(sql, rows) {
    for (const { room, slot, type, eventId, sentAtMs, content } of rows)
      await sql.run(PUT, room, slot, type, eventId, sentAtMs, content);
  },

  async delete(sql, room, slots) {
    for (const slot of slots) await sql.run(DELETE, room, slot);
  },

  async forget(sql, room) {
    await sql.run(FORGET, room);
  },

  async shutOuts(sql) {
    const rows = await sql.all<{ json: string }>(SHUT_OUTS);
    return rows.map(({ json }) => JSON.parse(json) as ShutOut).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  },

  async putShutOut(sql, shutOut) {
    await sql.run(PUT_SHUT_OUT, keyOf(shutOut), JSON.stringify(shutOut));
  },

  async deleteShutOut(sql, shutOut) {
    await sql.run(DELETE_SHUT_OUT, keyOf(shutOut));
  },
};

const keyOf = ({ portal, ghost }: Pick<ShutOut, 'portal' | 'ghost'>): string => storableKey(`${portal} ${ghost}`);
