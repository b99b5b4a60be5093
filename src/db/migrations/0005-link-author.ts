import type { Migration } from '../migrate.ts';

/** Who said what a link leads to, so that an answer can address them, and whether it is deleted. */
export const linkAuthor: Migration = {
  version: 5,
  name: 'link-author',
  sql: `
    ALTER TABLE link ADD COLUMN sender TEXT;
    ALTER TABLE link ADD COLUMN nick TEXT;
    ALTER TABLE link ADD COLUMN thread TEXT;
    ALTER TABLE link ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
  `,
};
