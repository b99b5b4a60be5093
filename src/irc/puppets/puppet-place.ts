import type { BridgeError, Result } from '../../core/errors.ts';

/** A channel as one puppet stands to it. */
export type Place = {
  readonly channel: string;
  joined: boolean;
  askedMs: number;
  /** Number of the PING behind the last JOIN; 0 while none counts. */
  barrier: number;
  /** The bot was asked to let it in. */
  invited: boolean;
  waiting: Array<(result: Result<void>) => void>;
};

export const makePlace = (channel: string): Place => ({
  channel,
  joined: false,
  askedMs: 0,
  barrier: 0,
  invited: false,
  waiting: [],
});

export const gone = (channel: string): BridgeError => ({
  code: 'irc_not_in_channel',
  text: `Your connection is no longer in ${channel} on IRC.`,
  retry: 'later',
  notify: 'log',
});

export const noAnswer = (channel: string): BridgeError => ({
  code: 'irc_join_unanswered',
  text: `The IRC server did not answer when your connection wanted to join ${channel}; the bridge tries again.`,
  retry: 'later',
  notify: 'log',
});

export const lost = (why: string): BridgeError => ({
  code: 'irc_lost',
  text: `Your connection to IRC was lost (${why}); the bridge connects again.`,
  retry: 'later',
  notify: 'log',
});
