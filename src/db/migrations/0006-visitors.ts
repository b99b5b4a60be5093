import type { Migration } from '../migrate.ts';

/** People of other shards who were let in for a while, and the assertions that they came with: each counts once. */
export const visitors: Migration = {
  version: 6,
  name: 'visitors',
  sql: `
    CREATE TABLE visit (
      key TEXT PRIMARY KEY,
      agreement TEXT NOT NULL,
      user_id TEXT NOT NULL,
      json TEXT NOT NULL,
      over_ms BIGINT NOT NULL
    );
    CREATE INDEX visit_over ON visit (over_ms);

    CREATE TABLE used_assertion (
      key TEXT PRIMARY KEY,
      agreement TEXT NOT NULL,
      until_ms BIGINT NOT NULL
    );
    CREATE INDEX used_assertion_until ON used_assertion (until_ms);
  `,
};
