import { replay } from './history.ts';
import { forget } from './presence.ts';
import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import { type Channel, isAuthority, isListed } from './state.ts';
import type { Line } from './wire.ts';

const MAX_NAME_BYTES = 64;
const MAX_CHANNELS = 100;

export function takeJoin(server: FreeqServer, session: Session, { params }: Line): void {
  const [names = '', keys = ''] = params;
  for (const [index, name] of names.split(',').entries())
    joinChannel(server, session, name.toLowerCase(), keys.split(',')[index]);
}

/** Somebody who is in already hears nothing at all. */
export function joinChannel(server: FreeqServer, session: Session, name: string, key: string | undefined): void {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    server.numeric(session, '479', name, 'Channel name too long (max 64 characters)');
    return;
  }
  if (server.channelsOf(session).length >= MAX_CHANNELS) {
    server.numeric(session, '405', name, 'You have joined too many channels');
    return;
  }
  const known = server.channel(name);
  if (known?.members.has(session) === true) return;
  const refusal = (known && refusalOf(known, session, key)) ?? policyRefusal(server, name, known, session);
  if (refusal !== undefined) {
    server.numeric(session, refusal[0], name, refusal[1]);
    return;
  }
  const isNew = known === undefined || isAbandoned(known);
  const channel = server.ensureChannel(name);
  for (const invite of invitesOf(session)) channel.invites.delete(invite);
  enter(server, session, channel, isNew);
  showChannel(server, session, channel);
}

const invitesOf = (session: Session): string[] => [
  session.id,
  `nick:${session.nickOrStar}`,
  ...(session.did === undefined ? [] : [session.did]),
];

const isAbandoned = ({ members, remote, record, ops }: Channel): boolean =>
  members.size === 0 &&
  remote.size === 0 &&
  record.founder === undefined &&
  record.topic === undefined &&
  ops.size === 0;

type Refusal = readonly [numeric: string, text: string];

function refusalOf(channel: Channel, session: Session, key: string | undefined): Refusal | undefined {
  const { record, invites } = channel;
  if (isAuthority(channel, session.did)) return undefined;
  if (record.key !== undefined && key !== record.key) return ['475', 'Cannot join channel (+k)'];
  if (isListed(record.bans, session.prefix, session.did)) return ['474', 'Cannot join channel (+b)'];
  if (!record.modes.has('i')) return undefined;
  const isInvited = invitesOf(session).some((invite) => invites.has(invite));
  return isInvited || isListed(record.exceptions, session.prefix, session.did)
    ? undefined
    : ['473', 'Cannot join channel (+i)'];
}

function policyRefusal(
  server: FreeqServer,
  name: string,
  channel: Channel | undefined,
  { did }: Session,
): Refusal | undefined {
  const accepted = server.store.policies.get(name);
  if (accepted === undefined) return undefined;
  if (did === undefined) return ['477', 'This channel requires authentication — sign in to join'];
  if (accepted.has(did) || (channel !== undefined && isAuthority(channel, did))) return undefined;
  return ['477', 'This channel requires policy acceptance — use POLICY <channel> ACCEPT'];
}

function enter(server: FreeqServer, session: Session, channel: Channel, isNew: boolean): void {
  const { record, members, ops, remote } = channel;
  members.add(session);
  const { did } = session;
  if (isNew) {
    if (did !== undefined) {
      record.founder = did;
      record.didOps.add(did);
    }
    ops.add(session);
    record.modes.add('n').add('t');
  } else {
    const hasOps = ops.size > 0 || [...remote.values()].some(({ isOp }) => isOp);
    const isAlone = members.size === 1 && remote.size === 0 && !hasOps;
    if (isAuthority(channel, did) || isAlone) ops.add(session);
  }
  for (const member of members) member.send(joinLine(session, channel.name, member));
  if (ops.has(session)) server.toChannel(channel, `:${server.name} MODE ${channel.name} +o ${session.nickOrStar}`);
  server.toPeers({
    type: 'join',
    nick: session.nickOrStar,
    channel: channel.name,
    did: did ?? null,
    isOp: ops.has(session),
    actorClass: session.actorClass ?? null,
    origin: server.id,
  });
  if (isNew)
    server.toPeers({
      type: 'channel_created',
      channel: channel.name,
      founder: did ?? null,
      didOps: [...record.didOps],
      origin: server.id,
    });
  if (did !== undefined)
    server.store.channelsOf.set(did, new Set([...(server.store.channelsOf.get(did) ?? []), channel.name]));
}

function joinLine(session: Session, channel: string, to: Session): string {
  const plain = `:${session.prefix} JOIN ${channel}`;
  if (!to.caps.has('extended-join')) return plain;
  const extended = `${plain} ${session.did ?? '*'} :${session.realname ?? session.nickOrStar}`;
  const isAgent = session.actorClass !== undefined && session.actorClass !== 'human';
  return isAgent && to.caps.has('message-tags') ? `@+freeq.at/actor-class=${session.actorClass} ${extended}` : extended;
}

/** Topic, history and names, in this order. */
function showChannel(server: FreeqServer, session: Session, channel: Channel): void {
  const { topic } = channel.record;
  if (topic !== undefined) {
    server.numeric(session, '332', channel.name, topic.text);
    server.numeric(session, '333', channel.name, topic.setBy, String(topic.seconds));
  }
  if (channel.history.length > 0) {
    const entries = channel.history.map((entry) => {
      const tags = new Map(entry.tags);
      if (entry.edited) tags.set('+freeq.at/edited', '1');
      return { ...entry, tags };
    });
    replay(server, session, { type: 'chathistory', prefix: 'hist', target: channel.name, entries });
  }
  sendNames(server, session, channel);
}

/** Names at a join: local people once each, then those of peers, whoever else has the nick. */
export function sendNames(server: FreeqServer, session: Session, channel: Channel): void {
  server.numeric(session, '353', '=', channel.name, namesIn(channel).join(' '));
  server.numeric(session, '366', channel.name, 'End of /NAMES list');
}

export function namesIn(channel: Channel): string[] {
  const seen = new Map<string, string>();
  for (const member of channel.members) {
    const nick = member.nickOrStar;
    if (seen.has(nick.toLowerCase())) continue;
    const isOp = channel.ops.has(member) || isAuthority(channel, member.did);
    seen.set(nick.toLowerCase(), `${isOp ? '@' : channel.voiced.has(member) ? '+' : ''}${nick}`);
  }
  const remote = [...channel.remote.values()].map(
    ({ nick, isOp, did }) => `${isOp || isAuthority(channel, did) ? '@' : ''}${nick}`,
  );
  return [...seen.values(), ...remote];
}

export function takeNames(server: FreeqServer, session: Session, { params }: Line): void {
  const name = (params[0] ?? '').toLowerCase();
  const channel = server.channel(name);
  if (channel !== undefined) sendNames(server, session, channel);
  else {
    server.numeric(session, '353', '=', name, '');
    server.numeric(session, '366', name, 'End of /NAMES list');
  }
}

/** The reason is heard by nobody. */
export function takePart(server: FreeqServer, session: Session, { params }: Line): void {
  for (const name of (params[0] ?? '').split(',')) {
    const channel = server.channel(name);
    if (channel === undefined || !channel.members.has(session)) {
      server.numeric(session, '442', name.toLowerCase(), "You're not on that channel");
      continue;
    }
    const line = `:${session.prefix} PART ${channel.name}`;
    const { did } = session;
    const sibling =
      did !== undefined && server.sessionsOfDid(did).some((other) => other !== session && channel.members.has(other));
    if (sibling) session.send(line);
    else server.toChannel(channel, line);
    forget(channel, session);
    if (sibling) continue;
    if (did !== undefined) server.store.channelsOf.get(did)?.delete(channel.name);
    server.toPeers({ type: 'part', nick: session.nickOrStar, channel: channel.name, origin: server.id });
  }
}
