import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import { doorWaysOf, isPlainAccount } from '../../core/irc/account-masks.ts';
import { cutToBytes } from '../../core/irc/cut.ts';
import { type OutgoingLine, sanitizeText } from '../../core/irc/encode.ts';
import type { Removal } from '../../ports/network.ts';
import type { Link } from '../wire/link.ts';
import { act, type Hand } from './gestures.ts';

/** They are gone already, or the list of bans says so already (Ergo, InspIRCd): as good as done. */
const DONE_BEFORE: ReadonlySet<string> = new Set(['irc_401', 'irc_441', 'irc_697', 'irc_698']);

/** Puts somebody out of a channel in one person's name. The server decides whether that person may. */
export async function remove(hand: Hand, removal: Removal): Promise<Result<void>> {
  const lines = linesOf(hand.link, hand.channel, removal);
  if (lines.length === 0) return fail(nobodyToBan(hand.channel));
  for (const line of lines) {
    const done = await act(hand, line);
    if (!done.ok && !DONE_BEFORE.has(done.error.code)) return done;
  }
  return ok(undefined);
}

/** A ban goes before the kick, so that nobody is back in between. */
function linesOf(link: Link, channel: string, { nick, account, how, reason }: Removal): readonly OutgoingLine[] {
  const text = cutToBytes(sanitizeText(reason), link.isupport.kickLen);
  const kick: OutgoingLine[] = nick === undefined ? [] : [{ command: 'KICK', params: [channel, nick, text] }];
  if (how === 'kick') return kick;
  const mask = maskOf(link, nick, account);
  if (mask === undefined) return [];
  const mode: OutgoingLine = { command: 'MODE', params: [channel, how === 'ban' ? '+b' : '-b', mask] };
  return how === 'ban' ? [mode, ...kick] : [mode];
}

/** The account where the server can ban one, else the nick: a nick's address may be everybody's behind one gateway. */
export function maskOf(link: Link, nick: string | undefined, account: string | null): string | undefined {
  const byAccount = doorWaysOf(link.isupport, link.software ?? '').ban;
  if (account !== null && isPlainAccount(account) && byAccount !== undefined) return byAccount(account);
  return nick === undefined ? undefined : `${nick}!*@*`;
}

const nobodyToBan = (channel: string): BridgeError => ({
  code: 'irc_nobody_to_ban',
  text: `They are not in ${channel} under any name now, so there is nothing to ban there.`,
  retry: 'never',
  notify: 'sender',
});
