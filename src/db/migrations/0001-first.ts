import type { Migration } from '../migrate.ts';

/**
 * The first schema. Times are milliseconds since 1970; truth values 0 and 1; JSON is text.
 * Partial indexes hold only what still waits, so that a million rows of the past cost nothing.
 */
export const first: Migration = {
  version: 1,
  name: 'first',
  sql: `
    CREATE TABLE inbox (
      id BIGINT PRIMARY KEY,
      source TEXT NOT NULL,
      key TEXT NOT NULL,
      lane TEXT NOT NULL,
      received_at_ms BIGINT NOT NULL,
      payload TEXT,
      state TEXT NOT NULL,
      seen BIGINT NOT NULL,
      error TEXT,
      UNIQUE (source, key)
    );
    CREATE INDEX inbox_waiting ON inbox (lane, id) WHERE state = 'waiting';
    CREATE INDEX inbox_routed ON inbox (received_at_ms) WHERE state = 'routed';

    CREATE TABLE outbox (
      id BIGINT PRIMARY KEY,
      lane TEXT NOT NULL,
      key TEXT NOT NULL UNIQUE,
      payload TEXT NOT NULL,
      state TEXT NOT NULL,
      attempts BIGINT NOT NULL,
      created_at_ms BIGINT NOT NULL,
      detail TEXT,
      error TEXT
    );
    -- State and age are in it so that backlogs are counted without touching the rows.
    CREATE INDEX outbox_open ON outbox (lane, id, state, created_at_ms) WHERE state <> 'parked';
    CREATE INDEX outbox_parked ON outbox (lane, id) WHERE state = 'parked';

    -- The largest id that was ever given, where its row is gone.
    CREATE TABLE id_mark (
      name TEXT PRIMARY KEY,
      id BIGINT NOT NULL
    );
    INSERT INTO id_mark (name, id) VALUES ('inbox', 0), ('outbox', 0);

    -- One message may be several events, and one event several messages.
    CREATE TABLE link (
      network TEXT NOT NULL,
      message_key TEXT NOT NULL,
      room TEXT NOT NULL,
      event_id TEXT NOT NULL,
      direction TEXT NOT NULL,
      created_at_ms BIGINT NOT NULL,
      PRIMARY KEY (network, message_key, event_id)
    );
    CREATE INDEX link_event ON link (event_id);
    CREATE INDEX link_age ON link (created_at_ms);

    CREATE TABLE cursor (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    );

    CREATE TABLE portal (
      id TEXT PRIMARY KEY,
      network TEXT NOT NULL,
      channel TEXT NOT NULL,
      room_id TEXT NOT NULL,
      last_to_matrix_ms BIGINT,
      last_to_network_ms BIGINT
    );

    CREATE TABLE ghost (
      user_id TEXT PRIMARY KEY,
      network TEXT NOT NULL,
      display_name TEXT,
      registered BIGINT NOT NULL,
      silenced BIGINT NOT NULL
    );
    CREATE TABLE ghost_room (
      room_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      last_spoke_ms BIGINT NOT NULL,
      PRIMARY KEY (room_id, user_id)
    );

    CREATE TABLE puppet (
      network TEXT NOT NULL,
      user_id TEXT NOT NULL,
      nick TEXT NOT NULL,
      account TEXT,
      prefix TEXT,
      last_used_ms BIGINT NOT NULL,
      PRIMARY KEY (network, user_id)
    );

    CREATE TABLE member (
      room_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      membership TEXT NOT NULL,
      display_name TEXT,
      PRIMARY KEY (room_id, user_id)
    );
  `,
};
