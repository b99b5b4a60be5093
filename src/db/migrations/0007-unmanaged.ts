import type { Migration } from '../migrate.ts';

/** Which rooms are kept, and with what, stands in cursors and in the rooms themselves: these tables were never written. */
export const unmanaged: Migration = {
  version: 7,
  name: 'unmanaged',
  sql: `
    DROP TABLE managed_ban;
    DROP TABLE managed_room;
  `,
};
