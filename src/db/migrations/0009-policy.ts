import type { Migration } from '../migrate.ts';

/** What stands in the policy lists that are followed, and what was done about people because of them. */
export const policy: Migration = {
  version: 9,
  name: 'policy',
  sql: `
    CREATE TABLE policy_rule (
      room TEXT NOT NULL,
      -- digest of type and state key
      slot TEXT NOT NULL,
      type TEXT NOT NULL,
      event_id TEXT NOT NULL,
      sent_at_ms BIGINT NOT NULL,
      content TEXT NOT NULL,
      PRIMARY KEY (room, slot)
    );

    CREATE TABLE policy_shut_out (
      key TEXT PRIMARY KEY,
      json TEXT NOT NULL
    );
  `,
};
