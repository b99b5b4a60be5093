import type { ChannelRules } from '../../core/room/channel-rules.ts';
import type { OwnNames } from '../identity.ts';
import type { Session } from '../session.ts';

/** People who are named, of each kind: more levels than this one room need not hold. */
const MAX_NAMED = 500;

/** Who may speak in a moderated channel: whoever holds any status there. Undefined while the list of names is not there. */
export function speakersOf(
  session: Session | undefined,
  names: OwnNames,
  channel: string,
): Pick<ChannelRules, 'users' | 'others'> | undefined {
  const holders = session?.ranks.holders(channel);
  if (session === undefined || holders === undefined) return undefined;
  const users: string[] = [];
  const others: ChannelRules['others'][number][] = [];
  for (const nick of [...holders].sort()) {
    const own = names.ownerOf(nick);
    const member = own === undefined ? session.roster.member(channel, nick) : undefined;
    if (own?.userId !== undefined) users.push(own.userId);
    if (member !== undefined) others.push(member);
  }
  return { users: [...new Set(users)].sort().slice(0, MAX_NAMED), others: others.slice(0, MAX_NAMED) };
}
