import type { Migration } from '../migrate.ts';

/** Private conversations, with their rooms. `key` is the id as an index can hold it. */
export const direct: Migration = {
  version: 8,
  name: 'direct',
  sql: `
    CREATE TABLE direct (
      key TEXT PRIMARY KEY,
      id TEXT NOT NULL,
      network TEXT NOT NULL,
      room_id TEXT,
      blocked BIGINT NOT NULL,
      -- the person on Matrix, and whom they talk with
      json TEXT NOT NULL
    );
  `,
};
