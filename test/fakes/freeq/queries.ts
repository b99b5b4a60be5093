import type { FreeqServer } from './server.ts';
import { hostOf, type Session } from './session.ts';
import { isAuthority } from './state.ts';
import { isChannel, type Line } from './wire.ts';

export function takeWhois(server: FreeqServer, session: Session, { params }: Line): void {
  for (const nick of (params[0] ?? '').split(',')) {
    const local = server.session(nick);
    if (local !== undefined) describeLocal(server, session, nick, local);
    else if (!describeRemote(server, session, nick)) server.numeric(session, '401', nick, 'No such nick');
    server.numeric(session, '318', nick, 'End of /WHOIS list');
  }
}

function describeLocal(
  server: FreeqServer,
  session: Session,
  nick: string,
  { did, actorClass, away, nick: held, realname }: Session,
): void {
  server.numeric(session, '311', nick, '~u', hostOf(did), '*', 'IRC User');
  server.numeric(session, '312', nick, server.name, 'freeq');
  if (did !== undefined) server.numeric(session, '330', nick, did, 'is authenticated as');
  if (actorClass !== undefined && actorClass !== 'human')
    server.numeric(session, '673', nick, `actor_class=${actorClass}`);
  // The program is guessed from the real name: its first word, where it is none that the server knows.
  server.numeric(session, '671', nick, `client: ${(realname ?? '').split(/\s+/)[0]?.slice(0, 20) || 'unknown'}`);
  const channels = [...server.channels.values()].flatMap((channel) => {
    const there = [...channel.members].filter((member) => member.nick === held);
    if (there.length === 0) return [];
    const isOp = there.some((member) => channel.ops.has(member)) || isAuthority(channel, did);
    const isVoiced = there.some((member) => channel.voiced.has(member));
    return [`${isOp ? '@' : isVoiced ? '+' : ''}${channel.name}`];
  });
  if (channels.length > 0) server.numeric(session, '319', nick, channels.sort().join(' '));
  if (away !== undefined) server.numeric(session, '301', nick, away);
}

function describeRemote(server: FreeqServer, session: Session, nick: string): boolean {
  const there = [...server.channels.values()].filter(({ remote }) => remote.has(nick));
  const member = there[0]?.remote.get(nick);
  if (member === undefined) return false;
  server.numeric(session, '311', nick, nick, 's2s', '*', 'Remote user (via S2S federation)');
  server.numeric(session, '312', nick, 's2s', `Connected via S2S (${member.origin.slice(0, 16)}…)`);
  if (member.did !== null) server.numeric(session, '330', nick, member.did, 'is authenticated as');
  const names = there.map((channel) => `${isAuthority(channel, member.did) ? '@' : ''}${channel.name}`);
  server.numeric(session, '319', nick, names.join(' '));
  return true;
}

/** People of peers are in no list of WHO. */
export function takeWho(server: FreeqServer, session: Session, { params }: Line): void {
  const [target = '*'] = params;
  const name = isChannel(target) ? target.toLowerCase() : target;
  const channel = isChannel(target) ? server.channel(target) : undefined;
  const single = isChannel(target) ? undefined : server.session(target);
  const members = channel === undefined ? (single === undefined ? [] : [single]) : [...channel.members];
  const seen = new Set<string>();
  for (const member of members) {
    const nick = member.nickOrStar;
    if (seen.has(nick.toLowerCase())) continue;
    seen.add(nick.toLowerCase());
    const isOp = channel !== undefined && (channel.ops.has(member) || isAuthority(channel, member.did));
    const status = isOp ? '@' : channel?.voiced.has(member) === true ? '+' : '';
    const flags = `${member.away === undefined ? 'H' : 'G'}${status}`;
    const about = `0 ${member.did ?? 'IRC User'}`;
    server.numeric(session, '352', channel?.name ?? '*', '~u', member.host, server.name, nick, flags, about);
  }
  server.numeric(session, '315', name, 'End of /WHO list');
}

/** Channels behind a wall are not shown to who is not in them. */
export function takeList(server: FreeqServer, session: Session): void {
  for (const { name, record, members, remote } of server.channels.values()) {
    const isWalled =
      record.modes.has('i') || record.modes.has('E') || record.key !== undefined || server.store.policies.has(name);
    if (isWalled && !members.has(session)) continue;
    server.numeric(session, '322', name, String(members.size + remote.size), record.topic?.text ?? '');
  }
  server.numeric(session, '323', 'End of /LIST');
}

export function takeAway(server: FreeqServer, session: Session, { params }: Line): void {
  const message = params[0] === '' ? undefined : params[0];
  session.away = message;
  if (message === undefined) server.numeric(session, '305', 'You are no longer marked as being away');
  else server.numeric(session, '306', 'You have been marked as being away');
  const line = `:${session.prefix} AWAY${message === undefined ? '' : ` :${message}`}`;
  const told = new Set(server.channelsOf(session).flatMap(({ members }) => [...members]));
  for (const member of told) if (member !== session && member.caps.has('away-notify')) member.send(line);
}

export function takeMsgsig(server: FreeqServer, session: Session, { params }: Line, keep: (raw: Buffer) => void): void {
  const [encoded] = params;
  const raw = Buffer.from(encoded ?? '', 'base64url');
  const fail = (code: string, why: string): void => server.answer(session, 'FAIL', 'MSGSIG', code, why);
  if (session.did === undefined) fail('NOT_AUTHENTICATED', 'Must be DID-authenticated to register a signing key');
  else if (encoded === undefined) return;
  else if (raw.length !== 32) fail('INVALID_KEY', 'Expected 32-byte base64url-encoded ed25519 public key');
  else {
    keep(raw);
    server.answer(session, 'MSGSIG', 'OK');
  }
}
