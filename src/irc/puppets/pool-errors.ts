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

/**
 * Why people have no connection of their own, for the status.
 * @returns undefined where there are no such people
 */
export function blockedWords(
  blocked: ReadonlyArray<{ readonly userId: string; readonly error: BridgeError; readonly untilMs: number }>,
  nowMs: number,
): string | undefined {
  const [first] = blocked;
  if (first === undefined) return undefined;
  const { userId, error } = first;
  const others = blocked.length - 1;
  const who = others === 0 ? `${userId} has` : `${userId} and ${others === 1 ? 'one other' : `${others} others`} have`;
  const next = Math.min(...blocked.filter((one) => isBan(one.error)).map(({ untilMs }) => untilMs));
  const again =
    next === Number.POSITIVE_INFINITY
      ? ''
      : ` The next try is in ${Math.max(Math.ceil((next - nowMs) / 60_000), 1)} min.`;
  return `${who} no connection of their own; the bot speaks for them. ${error.text}${again}`;
}

/** Somebody does not want this connection: it stays away for longer. */
export const isBan = ({ code }: BridgeError): boolean => code === 'irc_banned' || code === 'irc_killed';
