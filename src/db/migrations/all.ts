import type { Migration } from '../migrate.ts';
import { first } from './0001-first.ts';
import { authority } from './0002-authority.ts';
import { page } from './0003-page.ts';
import { provenance } from './0004-provenance.ts';
import { linkAuthor } from './0005-link-author.ts';
import { visitors } from './0006-visitors.ts';
import { unmanaged } from './0007-unmanaged.ts';
import { direct } from './0008-direct.ts';
import { policy } from './0009-policy.ts';
import { parkedInbox } from './0010-parked-inbox.ts';

/** In order, without holes. A new step is a new file and a new line here; released ones are never edited. */
export const migrations: readonly Migration[] = [
  first,
  authority,
  page,
  provenance,
  linkAuthor,
  visitors,
  unmanaged,
  direct,
  policy,
  parkedInbox,
];
