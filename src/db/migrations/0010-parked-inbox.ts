import type { Migration } from '../migrate.ts';

/** Events that made our code fail are counted with what else was set aside, without going through all that ever came. */
export const parkedInbox: Migration = {
  version: 10,
  name: 'parked-inbox',
  sql: `
    CREATE INDEX inbox_parked ON inbox (lane) WHERE state = 'parked';
  `,
};
