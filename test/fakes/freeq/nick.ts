import { completeRegistration } from './login.ts';
import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import type { Line } from './wire.ts';

const MAX_BYTES = 64;
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f ,*?!@#&:]/;

export function takeNick(server: FreeqServer, session: Session, { params }: Line): void {
  const [nick] = params;
  if (nick === undefined) return;
  if (nick === '' || Buffer.byteLength(nick) > MAX_BYTES || FORBIDDEN.test(nick)) {
    server.numeric(session, '432', nick, 'Erroneous Nickname');
    return;
  }
  const holder = server.session(nick);
  const owner = server.store.nickOwners.get(nick.toLowerCase());
  const isBusy = session.isNegotiating || session.isLoggingIn;
  if (holder !== undefined && holder !== session) {
    const isSamePerson = holder.did !== undefined && holder.did === session.did;
    // While a login may still prove whose it is, the nick is taken and sorted out behind it.
    if (isSamePerson || (isBusy && owner !== undefined)) session.nick = nick;
    else server.numeric(session, '433', nick, 'Nickname is already in use');
    return;
  }
  if (!isBusy && owner !== undefined && owner !== session.did) {
    server.numeric(session, '433', nick, 'Nickname is registered to another identity');
    return;
  }
  const before = session.nick;
  server.claimNick(nick, session);
  if (!session.registered) {
    completeRegistration(server, session);
    return;
  }
  // With a tilde that the user name has nowhere else.
  const line = `:${before ?? nick}!~${session.user ?? 'u'}@${session.host} NICK :${nick}`;
  const told = new Set([session, ...server.channelsOf(session).flatMap(({ members }) => [...members])]);
  for (const member of told) member.send(line);
  if (before !== undefined) server.toPeers({ type: 'nick_change', old: before, new: nick, origin: server.id });
}
