import type { GhostSubject } from '../ids.ts';

/** Whoever of a network may speak while a channel is moderated, as far as it says who they are. */
export type Voiced = { readonly nick: string; readonly account?: string | null; readonly origin?: string };

/** What a channel's modes say of people who are in it. */
export type ChannelRules = {
  /** Only people with a status there may speak (`+m`). */
  readonly moderated: boolean;
  /** Only operators change the topic (`+t`). */
  readonly topicLocked: boolean;
  /** Who may speak while it is moderated; nobody is named while everybody may. */
  readonly users: readonly string[];
  readonly others: readonly Voiced[];
};

/** The same as a room can say it: people of the network by the ghosts that stand for them. */
export type RulesOnMatrix = Pick<ChannelRules, 'moderated' | 'topicLocked' | 'users'> & {
  readonly subjects: readonly GhostSubject[];
};

/** What of a room its channel has modes for. Absent: not said. */
export type Stance = { readonly moderated?: boolean; readonly topicLocked?: boolean; readonly closed?: boolean };
