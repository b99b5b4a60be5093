import { forget } from './presence.ts';
import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import type { Channel } from './state.ts';
import type { Line } from './wire.ts';

/** The channel, where the client is in it; else it was told that it is not. */
function ownChannel(server: FreeqServer, session: Session, name: string): Channel | undefined {
  const channel = server.channel(name);
  if (channel?.members.has(session) === true) return channel;
  server.numeric(session, '442', name.toLowerCase(), "You're not on that channel");
  return undefined;
}

const notOperator = (server: FreeqServer, session: Session, channel: Channel): void =>
  server.numeric(session, '482', channel.name, "You're not channel operator");

const remoteIn = (channel: Channel, nick: string) =>
  [...channel.remote.values()].find((member) => member.nick.toLowerCase() === nick.toLowerCase());

/** Peers hear only of a kick of one of theirs: of one of ours they keep the ghost. */
export function takeKick(server: FreeqServer, session: Session, { params }: Line): void {
  const [name, nick, reason = session.nickOrStar] = params;
  if (name === undefined || nick === undefined) return;
  const channel = ownChannel(server, session, name);
  if (channel === undefined) return;
  const isOp = channel.ops.has(session);
  const victim = server.session(nick);
  if (!isOp && !channel.halfops.has(session)) {
    notOperator(server, session, channel);
    return;
  }
  const line = `:${session.prefix} KICK ${channel.name} ${nick} :${reason}`;
  const remote = remoteIn(channel, nick);
  if (victim !== undefined && channel.members.has(victim)) {
    if (!isOp && (channel.ops.has(victim) || channel.halfops.has(victim))) {
      server.numeric(session, '482', channel.name, 'Cannot kick a channel operator or moderator');
      return;
    }
    server.toChannel(channel, line);
    forget(channel, victim);
    const { did } = victim;
    const isStillThere = did !== undefined && server.sessionsOfDid(did).some((other) => channel.members.has(other));
    if (did !== undefined && !isStillThere) server.store.channelsOf.get(did)?.delete(channel.name);
  } else if (remote !== undefined) {
    server.toChannel(channel, line);
    channel.remote.delete(remote.nick);
    server.toPeers({ type: 'kick', nick, channel: channel.name, by: session.nickOrStar, reason, origin: server.id });
  } else server.numeric(session, '441', nick, channel.name, "They aren't on that channel");
}

export function takeInvite(server: FreeqServer, session: Session, { params }: Line): void {
  const [nick, name] = params;
  if (nick === undefined || name === undefined) return;
  const channel = ownChannel(server, session, name);
  if (channel === undefined) return;
  if (channel.record.modes.has('i') && !channel.ops.has(session)) {
    notOperator(server, session, channel);
    return;
  }
  const local = server.session(nick);
  const remote = [...server.channels.values()]
    .map((other) => remoteIn(other, nick))
    .find((found) => found !== undefined);
  if (local === undefined && remote === undefined) {
    server.numeric(session, '401', nick, 'No such nick');
    return;
  }
  const did = local === undefined ? remote?.did : local.did;
  if (local !== undefined) channel.invites.add(local.id);
  else channel.invites.add(`nick:${nick}`);
  if (typeof did === 'string') channel.invites.add(did);
  server.numeric(session, '341', nick, channel.name);
  local?.send(`:${session.prefix} INVITE ${nick} ${channel.name}`);
  const invitee = did ?? `nick:${nick}`;
  server.toPeers({ type: 'invite', channel: channel.name, invitee, invitedBy: session.nickOrStar, origin: server.id });
}

const MAX_TOPIC_BYTES = 512;

export function takeTopic(server: FreeqServer, session: Session, { params }: Line): void {
  const [name = '', text] = params;
  const channel = ownChannel(server, session, name);
  if (channel === undefined) return;
  const { topic, modes } = channel.record;
  if (text === undefined) {
    if (topic === undefined) server.numeric(session, '331', channel.name, 'No topic is set');
    else {
      server.numeric(session, '332', channel.name, topic.text);
      server.numeric(session, '333', channel.name, topic.setBy, String(topic.seconds));
    }
  } else if (Buffer.byteLength(text) > MAX_TOPIC_BYTES)
    server.answer(session, 'FAIL', 'TOPIC', 'TOO_LONG', 'Topic too long (max 512 characters)');
  else if (modes.has('t') && !channel.ops.has(session)) notOperator(server, session, channel);
  else {
    channel.record.topic = { text, setBy: session.prefix, seconds: server.nowSeconds };
    server.toChannel(channel, `:${session.prefix} TOPIC ${channel.name} :${text}`);
    server.toPeers({ type: 'topic', channel: channel.name, topic: text, setBy: session.nickOrStar, origin: server.id });
  }
}

const MAX_PINS = 50;

export function takePin(server: FreeqServer, session: Session, { command, params }: Line): void {
  const [name, msgid] = params;
  if (name === undefined || msgid === undefined) {
    server.numeric(session, '461', command, 'Not enough parameters');
    return;
  }
  const channel = server.channel(name);
  if (channel === undefined || !channel.ops.has(session)) {
    server.numeric(session, '482', name.toLowerCase(), "You're not channel operator");
    return;
  }
  const isPin = command === 'PIN';
  const root = server.store.rootOf(msgid);
  const { record } = channel;
  if (record.pins.some((pin) => pin.msgid === root) === isPin) {
    const what = isPin ? 'is already pinned' : 'is not pinned';
    server.answer(session, 'NOTICE', session.nickOrStar, `Message ${root} ${what} in ${channel.name}`);
    return;
  }
  const pin = { msgid: root, by: session.nickOrStar, seconds: server.nowSeconds };
  record.pins = isPin ? [pin, ...record.pins].slice(0, MAX_PINS) : record.pins.filter((other) => other.msgid !== root);
  server.toChannel(channel, pinLine(session.nickOrStar, channel.name, root, isPin));
  server.toPeers({
    type: 'pin',
    channel: channel.name,
    msgid: root,
    pinnedBy: session.nickOrStar,
    adding: isPin,
    origin: server.id,
  });
}

/** With its tag even for clients that asked for none. */
export const pinLine = (nick: string, channel: string, msgid: string, isPin: boolean): string =>
  `@+freeq.at/${isPin ? 'pin' : 'unpin'}=${msgid} :${nick}!~u@host NOTICE ${channel} :\u0001ACTION ${isPin ? 'pinned' : 'unpinned'} a message\u0001`;

export function takePins(server: FreeqServer, session: Session, { params }: Line): void {
  const channel = server.channel(params[0] ?? '');
  if (channel === undefined) return;
  const say = (text: string): void => server.answer(session, 'NOTICE', session.nickOrStar, text);
  if (channel.record.pins.length === 0) say(`No pinned messages in ${channel.name}`);
  for (const { msgid, by, seconds } of channel.record.pins) say(`PIN ${channel.name} ${msgid} ${by} ${seconds}`);
}
