import { randomBytes } from 'node:crypto';
import { isSignedBy, keyOf } from './did-key.ts';
import { joinChannel, sendNames } from './join.ts';
import { forget } from './presence.ts';
import type { FreeqServer } from './server.ts';
import { hostOf, type Session } from './session.ts';
import type { Channel } from './state.ts';
import type { Line } from './wire.ts';

const OLD_CAPABILITIES =
  'sasl message-tags multi-prefix echo-message server-time batch draft/chathistory account-notify account-tag extended-join away-notify';
const CAPABILITIES = `${OLD_CAPABILITIES} draft/read-marker freeq.at/msgsig freeq.at/act draft/multiline=max-bytes=40000,max-lines=100`;
const MAX_FAILURES = 3;

const namesOf = (capabilities: string): Set<string> =>
  new Set(capabilities.split(' ').map((capability) => capability.replace(/=.*/, '')));

export function takeCap(server: FreeqServer, session: Session, { params }: Line): void {
  const { older, without = [] } = server.options;
  const known = (older === true ? OLD_CAPABILITIES : CAPABILITIES).split(' ');
  const offered = known.filter((capability) => !without.includes(capability.replace(/=.*/, ''))).join(' ');
  const [subcommand = '', list = ''] = params;
  switch (subcommand.toUpperCase()) {
    case 'LS':
      session.isNegotiating = true;
      server.answer(session, 'CAP', session.nickOrStar, 'LS', `${offered} iroh=${server.id}`);
      return;
    case 'REQ': {
      const asked = list.split(/\s+/).filter((name) => name !== '');
      // One that is not known refuses them all, and turns those on that are.
      const unknown = asked.filter((name) => !namesOf(offered).has(name.toLowerCase()));
      for (const name of asked) if (!unknown.includes(name)) session.caps.add(name.toLowerCase());
      const isAcked = unknown.length === 0 && asked.length > 0;
      const acked = asked.map((name) => name.toLowerCase()).join(' ');
      server.answer(session, 'CAP', session.nickOrStar, isAcked ? 'ACK' : 'NAK', isAcked ? acked : list);
      return;
    }
    case 'END':
      session.isNegotiating = false;
      completeRegistration(server, session);
  }
}

export function takeAuthenticate(server: FreeqServer, session: Session, { params }: Line): void {
  const [param = ''] = params;
  if (session.loginFailures >= MAX_FAILURES) return;
  const fail = (text: string): void => {
    session.isLoggingIn = false;
    server.numeric(session, '904', text);
  };
  if (param === '*') fail('SASL authentication aborted');
  else if (param.toUpperCase() === 'ATPROTO-CHALLENGE') {
    session.isLoggingIn = true;
    const nonce = randomBytes(32).toString('base64url');
    session.challenge = Buffer.from(JSON.stringify({ session_id: session.id, nonce, timestamp: server.nowSeconds }));
    session.send(`AUTHENTICATE ${session.challenge.toString('base64url')}`);
  } else if (!session.isLoggingIn) fail('Unsupported SASL mechanism');
  else {
    const { challenge } = session;
    session.challenge = undefined;
    const answer = readAnswer(param);
    if (answer === undefined) fail('SASL authentication failed (bad response)');
    else if (challenge === undefined) fail('SASL authentication failed (no challenge)');
    else if (isProof(challenge, answer)) logIn(server, session, answer.did);
    else {
      session.loginFailures++;
      fail('SASL authentication failed');
      if (session.loginFailures < MAX_FAILURES) return;
      session.send('ERROR :Too many SASL failures');
      // The connection stays, and nothing is said on it any more.
      session.hold();
    }
  }
}

type Answer = { readonly did: string; readonly signature: string; readonly method?: unknown };

function readAnswer(param: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(Buffer.from(param, 'base64url').toString('utf8'));
    if (typeof answer !== 'object' || answer === null || !('did' in answer) || !('signature' in answer))
      return undefined;
    const { did, signature } = answer;
    if (typeof did !== 'string' || typeof signature !== 'string') return undefined;
    return { did, signature, ...('method' in answer ? { method: answer.method } : {}) };
  } catch {
    return undefined;
  }
}

function isProof(challenge: Buffer, { did, signature, method }: Answer): boolean {
  const key = keyOf(did);
  const isByKey = method === undefined || method === null || method === 'crypto';
  return isByKey && key !== undefined && isSignedBy(key, challenge, signature);
}

function logIn(server: FreeqServer, session: Session, did: string): void {
  session.isLoggingIn = false;
  attach(server, session, did);
  if (session.nick !== undefined) server.store.bind(did, session.nick);
  server.numeric(session, '900', session.prefix, did, `You are now logged in as ${did}`);
  server.numeric(session, '903', 'SASL authentication successful');
  server.answer(session, 'NOTICE', '*', `API-BEARER ${session.id}`);
  const there = new Set(server.channelsOf(session).flatMap(({ members }) => [...members]));
  for (const member of there)
    if (member !== session && member.caps.has('account-notify'))
      member.send(`:${session.nickOrStar}!~u@${session.host} ACCOUNT ${did}`);
}

/** Makes a connection one of the person's: takes over what a connection that is gone left, or shares what another one has. */
function attach(server: FreeqServer, session: Session, did: string): void {
  const others = server.sessionsOfDid(did).filter((other) => other !== session);
  session.did = did;
  const ghost = server.ghosts.get(did);
  if (ghost !== undefined) {
    server.ghosts.delete(did);
    ghost.cancel();
    session.reclaimed = server.channelsOf(ghost.session).filter((channel) => isSaved(server, did, channel));
    for (const channel of server.channelsOf(ghost.session)) takePlace(channel, ghost.session, session);
    const nick = ghost.session.nickOrStar;
    server.releaseNick(ghost.session);
    server.claimNick(nick, session);
    return;
  }
  const [other] = others;
  if (other === undefined) {
    if (session.nick !== undefined && server.session(session.nick) === undefined)
      server.claimNick(session.nick, session);
    return;
  }
  // Where both hold a nick, the server takes either: its map of nicks has no order.
  const own = session.nick !== undefined && server.session(session.nick) === session ? session.nick : undefined;
  const shared = own !== undefined && server.clock.random() < 0.5 ? own : (other.nick ?? own);
  if (shared !== undefined) server.claimNick(shared, session);
  for (const channel of server.channels.values()) {
    const there = others.filter((sibling) => channel.members.has(sibling));
    if (there.length === 0) continue;
    channel.members.add(session);
    if (there.some((sibling) => channel.ops.has(sibling))) channel.ops.add(session);
    if (there.some((sibling) => channel.voiced.has(sibling))) channel.voiced.add(session);
    // Twice, at the login and before 001, without extended-join, and with a user name that is nobody's.
    session.send(`:${session.nickOrStar}!~u@${hostOf(did)} JOIN ${channel.name}`);
    if (channel.record.topic !== undefined) server.numeric(session, '332', channel.name, channel.record.topic.text);
    sendNames(server, session, channel);
  }
}

const isSaved = (server: FreeqServer, did: string, { name }: Channel): boolean =>
  server.store.channelsOf.get(did)?.has(name) === true;

function takePlace(channel: Channel, gone: Session, session: Session): void {
  const { ops, halfops, voiced, members } = channel;
  for (const set of [members, ops, halfops, voiced]) if (set.has(gone)) set.add(session);
  forget(channel, gone);
}

export function completeRegistration(server: FreeqServer, session: Session): void {
  const { nick } = session;
  if (
    session.registered ||
    session.isNegotiating ||
    session.isLoggingIn ||
    nick === undefined ||
    session.user === undefined
  )
    return;
  settleNick(server, session, nick);
  if (session.did !== undefined) attach(server, session, session.did);
  if (session.did === undefined && server.options.noGuests === true) {
    session.send('ERROR :This server requires authentication (guest connections disabled)');
    return;
  }
  session.registered = true;
  greet(server, session);
  for (const channel of session.reclaimed) {
    session.send(`:${session.prefix} JOIN ${channel.name}`);
    if (channel.record.topic !== undefined) server.numeric(session, '332', channel.name, channel.record.topic.text);
    sendNames(server, session, channel);
  }
  session.reclaimed = [];
  const saved = session.did === undefined ? undefined : server.store.channelsOf.get(session.did);
  for (const name of [...(saved ?? [])])
    if (server.channel(name)?.members.has(session) !== true) joinChannel(server, session, name, undefined);
}

/** A nick that belongs to a DID is nobody else's: a guest gets a number, another DID a piece of itself. */
function settleNick(server: FreeqServer, session: Session, nick: string): void {
  const owner = server.store.nickOwners.get(nick.toLowerCase());
  const { did } = session;
  if (owner === undefined || owner === did) return;
  if (did === undefined) {
    const guest = `Guest${Math.floor(server.clock.random() * 100_000)}`;
    const text = `Nick ${nick} is registered — renamed to ${guest}. Authenticate to reclaim.`;
    server.answer(session, 'NOTICE', '*', text);
    server.claimNick(guest, session);
    return;
  }
  const ident = (did.split(':').at(-1) ?? '').toLowerCase().replace(/[^a-z0-9]/g, '');
  const derived = [8, 12, 16, 24, ident.length]
    .map((length) => `${nick.toLowerCase().slice(0, 63 - length)}-${ident.slice(0, length)}`)
    .find((candidate) => server.store.bind(did, candidate));
  const assigned = derived ?? nick;
  server.answer(
    session,
    'NOTICE',
    '*',
    `${nick} is registered to another identity. You are ${assigned} (tied to your account).`,
  );
  server.claimNick(assigned, session);
}

function greet(server: FreeqServer, session: Session): void {
  const { name } = server;
  const who = session.did === undefined ? ' (guest)' : ` (authenticated as ${session.did})`;
  const started = `${new Date(server.startedAtMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  server.numeric(session, '001', `Welcome to ${name}, ${session.nickOrStar}${who}`);
  server.numeric(session, '002', `Your host is ${name}, running freeq 0.1`);
  server.numeric(session, '003', `This server was started ${started}`);
  server.numeric(session, '004', name, 'freeq-0.1', 'o', 'o');
  const { motd } = server.options;
  if (motd === undefined) server.numeric(session, '422', 'MOTD File is missing');
  else {
    server.numeric(session, '375', `- ${name} Message of the day -`);
    for (const line of motd) server.numeric(session, '372', `- ${line}`);
    server.numeric(session, '376', 'End of /MOTD command');
  }
  const upSeconds = Math.floor((server.clock.nowMs() - server.startedAtMs) / 1000);
  const ago = upSeconds < 60 ? `${upSeconds}s ago` : `${Math.floor(upSeconds / 60)}m ${upSeconds % 60}s ago`;
  if (upSeconds < 300)
    session.send(`:${name} NOTICE ${session.nickOrStar} :⚡ Server restarted at ${started} (${ago})`);
}
