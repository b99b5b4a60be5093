import type { Migration } from '../migrate.ts';

/**
 * What follows from the cooperative's authorization layer. Names that others choose without bound have a `key` column
 * beside them: an index takes 2,704 bytes at most on PostgreSQL (see storable.ts), and the name has to come back whole.
 */
export const authority: Migration = {
  version: 2,
  name: 'authority',
  sql: `
    CREATE TABLE authority_member (
      key TEXT PRIMARY KEY,
      subject TEXT NOT NULL,
      json TEXT,
      revision BIGINT NOT NULL,
      as_of_ms BIGINT NOT NULL
    );

    CREATE TABLE identity_link (
      key TEXT PRIMARY KEY,
      handle TEXT NOT NULL,
      subject TEXT NOT NULL,
      proven_at_ms BIGINT NOT NULL,
      how TEXT NOT NULL
    );

    CREATE TABLE scim_resource (
      key TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      json TEXT NOT NULL
    );

    CREATE TABLE managed_room (
      resource TEXT PRIMARY KEY,
      room_id TEXT NOT NULL,
      alias TEXT,
      state TEXT NOT NULL,
      detail TEXT
    );
    CREATE TABLE managed_ban (
      room_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      subject TEXT NOT NULL,
      at_ms BIGINT NOT NULL,
      PRIMARY KEY (room_id, user_id)
    );

    CREATE TABLE held_plan (
      hash TEXT PRIMARY KEY,
      resource TEXT NOT NULL,
      text TEXT NOT NULL,
      created_at_ms BIGINT NOT NULL
    );
  `,
};
