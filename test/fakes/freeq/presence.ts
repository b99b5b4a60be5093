import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';

/** How long somebody with an account may be gone before others are told. */
export const GRACE_MS = 30_000;

/** Somebody with an account whose last connection ended: still in their channels, for others. */
export type Ghost = { readonly session: Session; readonly cancel: () => void };

/** A connection is over, whoever ended it. */
export function endSession(server: FreeqServer, session: Session): void {
  const known = server.sessions.includes(session);
  server.sessions = server.sessions.filter((other) => other !== session);
  if (!known || !session.isOpen) return;
  session.isOpen = false;
  const { did } = session;
  if (session.nick === undefined) return;
  if (did === undefined) {
    leaveEverything(server, session);
    return;
  }
  if (server.sessionsOfDid(did).length > 0) {
    for (const channel of server.channelsOf(session)) forget(channel, session);
    server.releaseNick(session);
    return;
  }
  const cancel = server.clock.after(GRACE_MS, () => {
    server.ghosts.delete(did);
    leaveEverything(server, session);
  });
  server.ghosts.set(did, { session, cancel });
}

/**
 * One QUIT for every channel shared, so some hear it twice. At the end of the grace it goes to everybody who is in any channel at all,
 * shared or not (both seen in freeq-server connection/mod.rs).
 */
function leaveEverything(server: FreeqServer, session: Session): void {
  const channels = session.did === undefined ? server.channelsOf(session) : [...server.channels.values()];
  for (const channel of channels) server.toChannel(channel, `:${session.prefix} QUIT :Connection closed`, session);
  for (const channel of server.channelsOf(session)) forget(channel, session);
  for (const [name, { members, remote, record }] of server.channels) {
    const isKept = record.founder !== undefined || record.topic !== undefined || record.bans.length > 0;
    if (members.size === 0 && remote.size === 0 && !isKept) server.channels.delete(name);
  }
  server.releaseNick(session);
  server.toPeers({ type: 'quit', nick: session.nickOrStar, reason: 'Connection closed', origin: server.id });
}

type Sets = Readonly<Record<'members' | 'ops' | 'halfops' | 'voiced', Set<Session>>>;

export function forget(channel: Sets, session: Session): void {
  for (const set of [channel.members, channel.ops, channel.halfops, channel.voiced]) set.delete(session);
}
