import type { Migration } from '../migrate.ts';

/** What people on a network read by link. A page that is gone keeps its row for a while, so that it can be said why. */
export const page: Migration = {
  version: 3,
  name: 'page',
  sql: `
    CREATE TABLE page (
      id TEXT PRIMARY KEY,
      room_id TEXT NOT NULL,
      event_id TEXT NOT NULL,
      root_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      -- JSON; null once the page is gone
      content TEXT,
      created_at_ms BIGINT NOT NULL,
      gone TEXT
    );
    CREATE INDEX page_event ON page (event_id);
    CREATE INDEX page_root ON page (root_id);
    CREATE INDEX page_user ON page (user_id);
    CREATE INDEX page_room ON page (room_id);
    CREATE INDEX page_age ON page (created_at_ms);
    CREATE INDEX page_there ON page (created_at_ms) WHERE content IS NOT NULL;

    -- Deleted messages: the news of it may come before the message does.
    CREATE TABLE deleted_event (
      event_id TEXT PRIMARY KEY,
      at_ms BIGINT NOT NULL
    );
    CREATE INDEX deleted_event_age ON deleted_event (at_ms);
  `,
};
