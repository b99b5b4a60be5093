import type { BridgeError } from '../../core/errors.ts';

/** K, G, Z, D, R and X-lines, the bans of services and of lists of addresses, in the words of the servers that are in use. */
const BAN = /\b(?:[dgkrxz][:-]?lined?|banned|akill(?:ed)?|autokill(?:ed)?|dnsbl|blacklisted|not welcome)\b/i;
const KILL = /\bkill(?:ed)?\b/i;

/** The server's last word before it closes a connection: it tells a ban from a lost line. */
export function farewellError(text: string): BridgeError {
  const banned = BAN.test(text);
  return {
    code: banned ? 'irc_banned' : KILL.test(text) ? 'irc_killed' : 'irc_closed',
    text: `The IRC server closed the connection: ${text.slice(0, 300)}`,
    retry: banned ? 'never' : 'later',
    notify: 'log',
  };
}
