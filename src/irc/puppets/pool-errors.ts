import type { BridgeError } from '../../core/errors.ts';

/** The listener is not connected: nobody else is, then. */
export const AWAY: BridgeError = {
  code: 'irc_away',
  text: 'The IRC network is not connected at the moment; the bridge sends as soon as it is.',
  retry: 'later',
  notify: 'log',
};

/** Reasons that a second try at once does not change. */
export const HOPELESS: ReadonlySet<string> = new Set([
  'irc_banned',
  'irc_sasl_failed',
  'irc_sasl_missing',
  'irc_password_wrong',
  'irc_nick_refused',
  'irc_restricted',
  'irc_closed',
  'irc_token_failed',
]);

export const full = (max: number): BridgeError => ({
  code: 'irc_puppets_full',
  text: `All ${max} connections of people are taken (puppets.max); the bot speaks for the others.`,
  retry: 'later',
  notify: 'log',
});

/** Somebody does not want this connection: it stays away. */
export const isBan = ({ code }: BridgeError): boolean => code === 'irc_banned' || code === 'irc_killed';
