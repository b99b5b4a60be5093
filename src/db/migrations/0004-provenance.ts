import type { Migration } from '../migrate.ts';

/** What was known of whoever said a message, as it went into the event (JSON); none for what went to a network. */
export const provenance: Migration = {
  version: 4,
  name: 'provenance',
  sql: 'ALTER TABLE link ADD COLUMN provenance TEXT;',
};
