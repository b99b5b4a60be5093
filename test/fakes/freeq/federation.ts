import { tell } from './deliver.ts';
import { isAuthor, sendTags } from './edits.ts';
import type { Frame } from './frames.ts';
import { namesIn } from './join.ts';
import { pinLine } from './operators.ts';
import { forget } from './presence.ts';
import type { FreeqServer } from './server.ts';
import { mutationIn, SIGNATURE_TAG } from './signed-document.ts';
import { type Channel, isAuthority, isListed, REPLAYED } from './state.ts';
import { isChannel } from './wire.ts';

/** A server that ours is linked with. */
export type Peer = {
  /** As it calls itself: shown as the origin. */
  readonly name: string;
  readonly take: (frame: Frame, from: string) => void;
  /** The link is over. */
  readonly gone: (id: string) => void;
};

/** Links two servers; each learns who is where on the other. Ended by {@link FreeqServer.unlink} of either. */
export function link(a: FreeqServer, b: FreeqServer): void {
  for (const [here, there] of [
    [a, b],
    [b, a],
  ] as const) {
    addPeer(here, there.id, {
      name: there.name,
      take: (frame) => takeFrame(there, frame),
      gone: () => there.unlink(here.id),
    });
  }
  for (const [here, there] of [
    [a, b],
    [b, a],
  ] as const)
    for (const channel of here.channels.values()) sync(there, here.id, channel);
}

export function addPeer(server: FreeqServer, id: string, peer: Peer): void {
  server.peers.set(id, peer);
  server.onPeerGone = (gone) => dropPeople(server, gone);
}

/** What a peer says of one of its channels when it is asked; names and topic go to everybody here anew. */
function sync(server: FreeqServer, from: string, { name, members, record }: Channel): void {
  const channel = server.ensureChannel(name);
  for (const { nickOrStar: nick, did = null, actorClass = null } of members) {
    const isOp = isAuthority(channel, did);
    channel.remote.set(nick, { nick, origin: from, did, isOp, actorClass });
  }
  if (record.topic !== undefined && channel.record.topic === undefined) channel.record.topic = record.topic;
  if (channel.record.topic !== undefined)
    for (const member of channel.members) member.send(`:${server.name} 332 * ${name} :${channel.record.topic.text}`);
  sendNamesToAll(server, channel);
}

/** People of a peer that is gone vanish from the names, without a QUIT. */
function dropPeople(server: FreeqServer, id: string): void {
  for (const channel of server.channels.values()) {
    const gone = [...channel.remote.values()].filter(({ origin }) => origin === id);
    for (const { nick } of gone) channel.remote.delete(nick);
    if (gone.length > 0) sendNamesToAll(server, channel);
  }
}

function sendNamesToAll(server: FreeqServer, channel: Channel): void {
  const names = namesIn(channel).join(' ');
  for (const member of channel.members)
    member.send(
      `:${server.name} 353 ${member.nickOrStar} = ${channel.name} :${names}`,
      `:${server.name} 366 ${member.nickOrStar} ${channel.name} :End of /NAMES list`,
    );
}

/** A frame of a peer, as the server carries it out. */
export function takeFrame(server: FreeqServer, frame: Frame): void {
  switch (frame.type) {
    case 'privmsg':
      takeMessage(server, frame);
      return;
    case 'tagmsg':
      takeTags(server, frame);
      return;
    case 'quit':
      for (const channel of server.channels.values()) leave(server, channel, frame.nick, `QUIT :${frame.reason}`);
      return;
    case 'nick_change':
      for (const channel of server.channels.values()) rename(server, channel, frame.old, frame.new);
      return;
    case 'join':
      join(server, frame);
      return;
    default:
      takeSetting(server, frame);
  }
}

function join(
  server: FreeqServer,
  { nick, channel: name, did, actorClass, origin }: Extract<Frame, { type: 'join' }>,
): void {
  if (did !== null && !/^did:(plc|web|key):.{4,}/.test(did)) return;
  const channel = server.ensureChannel(name.toLowerCase());
  const isInvited = (did !== null && channel.invites.delete(did)) || channel.invites.delete(`nick:${nick}`);
  if (channel.record.modes.has('i') && !isInvited) return;
  if (isListed(channel.record.bans, `${nick}!${nick}@s2s`, did)) return;
  channel.remote.set(nick, { nick, origin, did, isOp: isAuthority(channel, did), actorClass });
  const mark = actorClass === null ? '' : `@+freeq.at/actor-class=${actorClass} `;
  server.toChannel(channel, `${mark}:${nick}!${nick}@s2s JOIN ${channel.name}`);
  sendNamesToAll(server, channel);
}

function leave(server: FreeqServer, channel: Channel, nick: string, how: string): void {
  if (!channel.remote.delete(nick)) return;
  server.toChannel(channel, `:${nick}!${nick}@s2s ${how}`);
  sendNamesToAll(server, channel);
}

function rename(server: FreeqServer, channel: Channel, old: string, nick: string): void {
  const member = channel.remote.get(old);
  if (member === undefined) return;
  channel.remote.delete(old);
  channel.remote.set(nick, { ...member, nick });
  server.toChannel(channel, `:${old}!remote@s2s NICK :${nick}`);
}

/** Modes, topics and kicks count from an operator only. */
function isOperator(channel: Channel, nick: string): boolean {
  const member = channel.remote.get(nick);
  return member !== undefined && (member.isOp || isAuthority(channel, member.did));
}

type SettingFrame = Exclude<Frame, { type: 'privmsg' | 'tagmsg' | 'quit' | 'nick_change' | 'join' }>;

function takeSetting(server: FreeqServer, frame: SettingFrame): void {
  const channel =
    frame.type === 'channel_created' ? server.ensureChannel(frame.channel) : server.channel(frame.channel);
  if (channel === undefined) return;
  switch (frame.type) {
    case 'part':
      leave(server, channel, frame.nick, `PART ${channel.name}`);
      return;
    case 'channel_created':
      if (channel.record.founder === undefined && frame.founder !== null) channel.record.founder = frame.founder;
      for (const did of frame.didOps) if (channel.record.founder === did) channel.record.didOps.add(did);
      return;
    case 'kick': {
      const victim = server.session(frame.nick);
      if (!isOperator(channel, frame.by)) return;
      server.toChannel(channel, `:${frame.by}!remote@s2s KICK ${channel.name} ${frame.nick} :${frame.reason}`);
      if (victim !== undefined) forget(channel, victim);
      else channel.remote.delete(frame.nick);
      return;
    }
    case 'mode': {
      if (!isOperator(channel, frame.setBy)) return;
      applyMode(server, channel, frame.mode, frame.arg);
      const arg = frame.arg === null ? '' : ` ${frame.arg}`;
      server.toChannel(channel, `:${frame.setBy}!remote@s2s MODE ${channel.name} ${frame.mode}${arg}`);
      return;
    }
    case 'topic':
      if (channel.record.modes.has('t') && !isOperator(channel, frame.setBy)) return;
      channel.record.topic = { text: frame.topic, setBy: frame.setBy, seconds: server.nowSeconds };
      server.toChannel(channel, `:${frame.setBy}!remote@s2s TOPIC ${channel.name} :${frame.topic}`);
      return;
    case 'invite':
      channel.invites.add(frame.invitee);
      return;
    case 'pin':
      server.toChannel(channel, pinLine(frame.pinnedBy, channel.name, frame.msgid, frame.adding));
      return;
    default: {
      if (!isOperator(channel, frame.setBy)) return;
      const list = frame.type === 'ban' ? 'bans' : 'exceptions';
      const others = channel.record[list].filter(({ mask }) => mask !== frame.mask);
      const entry = { mask: frame.mask, setBy: frame.setBy, seconds: server.nowSeconds };
      channel.record[list] = frame.adding ? [...others, entry] : others;
      const letter = frame.type === 'ban' ? 'b' : 'I';
      server.toChannel(
        channel,
        `:${frame.setBy}!remote@s2s MODE ${channel.name} ${frame.adding ? '+' : '-'}${letter} ${frame.mask}`,
      );
    }
  }
}

/** `+h` and `+E` of a peer are shown and not kept. */
function applyMode(server: FreeqServer, channel: Channel, text: string, arg: string | null): void {
  const [adding, mode] = [text.startsWith('+'), text.slice(-1)];
  if (mode === 'k') channel.record.key = adding && arg !== null ? arg : undefined;
  else if ('tinm'.includes(mode)) {
    if (adding) channel.record.modes.add(mode);
    else channel.record.modes.delete(mode);
  } else if (mode === 'o' || mode === 'v') {
    const local = arg === null ? undefined : server.session(arg);
    const set = mode === 'o' ? channel.ops : channel.voiced;
    if (local !== undefined && adding) set.add(local);
    if (local !== undefined && !adding) set.delete(local);
  }
}

function takeMessage(server: FreeqServer, frame: Extract<Frame, { type: 'privmsg' }>): void {
  const target = isChannel(frame.target) ? frame.target.toLowerCase() : frame.target;
  const channel = isChannel(target) ? server.channel(target) : undefined;
  const nick = frame.from.split('!')[0] ?? '';
  const member = channel?.remote.get(nick);
  const isLocalNick = channel !== undefined && [...channel.members].some((local) => local.nick === nick);
  if (channel?.record.modes.has('n') === true && member === undefined && !isLocalNick) return;
  if (channel?.record.modes.has('m') === true && member?.isOp !== true) return;
  const root = frame.replaces === null ? undefined : server.store.rootOf(frame.replaces);
  const original = root === undefined ? undefined : server.store.row(root);
  // An edit that claims an account has to be signed by a key that is known; one that claims none counts by the nick.
  const author = { did: frame.account ?? undefined, nickOrStar: nick };
  const isCheckable = learnKey(server, frame.sig);
  if (root !== undefined && frame.account !== null && !isCheckable) return;
  if (original !== undefined && !isAuthor(original, author)) return;
  const name = server.peers.get(frame.origin)?.name ?? frame.origin.slice(0, 16);
  const tags = new Map([...frame.tags].filter(([key]) => key.startsWith('+freeq.at/') || key === '+reply'));
  if (server.options.older !== true) tags.set('+freeq.at/origin', name);
  tags.set('msgid', frame.msgid);
  if (root !== undefined) tags.set('+draft/edit', root);
  if (frame.sig !== null) tags.set(SIGNATURE_TAG, frame.sig);
  const text = frame.lines === null ? frame.text : frame.text.replaceAll('\\n', '\n');
  const said = { tags, account: frame.account, prefix: frame.from, command: 'PRIVMSG', target, text };
  const kept = { sender: frame.from, text, seconds: server.nowSeconds, tags, msgid: root ?? frame.msgid };
  if (isChannel(target)) {
    const row = {
      ...kept,
      venue: target,
      msgid: frame.msgid,
      root: root ?? frame.msgid,
      did: frame.account ?? undefined,
    };
    if (!server.store.add({ ...row, deleted: false })) return;
    const entry = root === undefined ? undefined : channel?.history.find(({ msgid }) => msgid === root);
    const shown = new Map(tags);
    if (frame.account !== null) shown.set('account', frame.account);
    if (entry === undefined) channel?.history.push({ ...kept, tags: shown, edited: root !== undefined });
    else Object.assign(entry, { text, edited: true });
    channel?.history.splice(0, Math.max(0, channel.history.length - REPLAYED));
  }
  // A single line has no time, a batch has one.
  const lines = frame.lines ?? undefined;
  const time = lines === undefined ? {} : { time: new Date(server.nowSeconds * 1000).toISOString() };
  const hears = isChannel(target) ? [...(channel?.members ?? [])] : server.sessionsFor(target);
  const batch = server.mint('ml');
  for (const session of hears) tell(server, session, { ...said, ...time, lines, batch });
}

/** Whether the key of a signature is known; it is from now on. */
function learnKey(server: FreeqServer, signature: string | null): boolean {
  const keyId = signature?.split(':')[1];
  if (keyId === undefined) return false;
  const isKnown = server.peerKeys.has(keyId);
  server.peerKeys.add(keyId);
  return isKnown;
}

/** Without an origin: only the bare nick shows where it comes from. */
function takeTags(server: FreeqServer, { from, target, tags, account }: Extract<Frame, { type: 'tagmsg' }>): void {
  const mutation = mutationIn(tags);
  const isCheckable = learnKey(server, tags.get(SIGNATURE_TAG) ?? null);
  if (mutation !== undefined && account !== null && !isCheckable) return;
  const channel = isChannel(target) ? server.channel(target) : undefined;
  const root = mutation === undefined ? undefined : server.store.rootOf(mutation.subject);
  const author = { did: account ?? undefined, nickOrStar: from };
  if (tags.has('+draft/delete') && root !== undefined) {
    const row = server.store.row(root);
    const isOp = channel !== undefined && isOperator(channel, from);
    if (row !== undefined && !isAuthor(row, author) && !isOp) return;
    server.store.delete(root);
    if (channel !== undefined) channel.history = channel.history.filter(({ msgid }) => msgid !== root);
  } else if (mutation?.emoji !== undefined && root !== undefined) {
    const reaction = { root, nick: from, did: account ?? undefined, emoji: mutation.emoji };
    if (mutation.kind === 'react') server.store.react(reaction);
    else server.store.unreact(reaction);
  }
  const shown = server.options.older === true ? null : account;
  const hears = channel === undefined ? server.sessionsFor(target) : [...channel.members];
  for (const session of hears) sendTags(session, { prefix: from, target, tags, account: shown });
}
