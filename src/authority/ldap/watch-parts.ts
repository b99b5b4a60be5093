import type { Freshness } from '../../core/authority/member.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MemberFeed } from '../member-feed.ts';
import type { Unknown } from '../unknown.ts';
import type { Asker } from './asker.ts';
import type { Target } from './connection.ts';
import type { Vocabulary } from './entries-to-members.ts';
import type { Places } from './read-directory.ts';

/** What a directory is watched with. */
export type WatchParts = {
  readonly target: Target;
  readonly places: Places;
  readonly words: Vocabulary;
  readonly intervalMs: number;
  readonly asker: Asker;
  readonly feed: MemberFeed;
  readonly revision: (via: Freshness['via']) => Freshness;
  readonly clock: Clock;
  readonly log: Log;
};

/** How one stretch of watching ended. `wasWell`: something was learned in it. */
export type Stretch = { readonly why: Unknown; readonly wasWell: boolean };
