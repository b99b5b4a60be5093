import { relay } from './deliver.ts';
import { idFor, type Saying, stamped, verdictOn } from './messages.ts';
import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import {
  EVENT_ID_TAG,
  type Mutation,
  messageDocument,
  mutationDocument,
  mutationIn,
  SIGNATURE_TAG,
  venueOf,
} from './signed-document.ts';
import { isAuthority, type Row } from './state.ts';
import { isChannel, type Line, type Tags, timeTag } from './wire.ts';

const REQUIRED = 'A signed request is required to modify messages on this server';
const INVALID = 'That signature does not verify against the key it names';

/** An edit is a row of its own that names the first version; its text replaces what joiners are shown. */
export function takeEdit(server: FreeqServer, session: Session, saying: Saying): void {
  const { target, text, tags } = saying;
  const fail = (code: string, why: string): void => server.answer(session, 'FAIL', 'EDIT', code, why);
  const root = server.store.rootOf(tags.get('+draft/edit') ?? '');
  const row = server.store.row(root);
  if (row === undefined && isChannel(target)) {
    fail('MESSAGE_NOT_FOUND', 'Original message not found');
    return;
  }
  if (row !== undefined && !isAuthor(row, session)) {
    fail('AUTHOR_MISMATCH', 'You can only edit your own messages');
    return;
  }
  if (row?.deleted === true) return;
  const msgid = idFor(server, session, 'EDIT', tags);
  if (msgid === undefined) return;
  const { did } = session;
  const venue = did && venueOf(target, did, server.didOf(target));
  if (did !== undefined && venue && server.options.older !== true) {
    const signature = tags.get(SIGNATURE_TAG);
    const document = messageDocument({ from: did, msgid, venue, body: text }, tags, root);
    const verdict = signature === undefined ? 'unverifiable' : verdictOn(server, did, document, signature);
    if (verdict !== 'valid') {
      fail(
        verdict === 'invalid' ? 'SIGNATURE_INVALID' : 'SIGNATURE_REQUIRED',
        verdict === 'invalid' ? INVALID : REQUIRED,
      );
      return;
    }
  }
  const full = stamped(server, session, 'EDIT', saying, msgid, root);
  if (full === undefined) return;
  const shown = new Map(full).set('+draft/edit', root);
  if (row !== undefined) {
    const { prefix: sender } = session;
    const seconds = server.nowSeconds;
    server.store.add({ venue: row.venue, sender, text, seconds, tags: full, msgid, root, did, deleted: false });
  }
  const entry = server.channel(target)?.history.find((known) => known.msgid === root);
  if (entry !== undefined) {
    entry.text = text;
    entry.edited = true;
  }
  const lines =
    saying.lines ?? (text.includes('\n') ? text.split('\n').map((body) => ({ body, concat: false })) : undefined);
  relay(
    server,
    session,
    { ...saying, command: 'PRIVMSG', tags: shown, msgid, ...(lines === undefined ? {} : { lines }) },
    root,
  );
}

/** By account where the message has one, else by nick: two guests of one nick are one. */
export const isAuthor = (
  { did, sender }: Pick<Row, 'did' | 'sender'>,
  by: Pick<Session, 'did' | 'nickOrStar'>,
): boolean =>
  did !== undefined ? did === by.did : (sender.split('!')[0] ?? '').toLowerCase() === by.nickOrStar.toLowerCase();

export function takeTagmsg(server: FreeqServer, session: Session, { params, tags }: Line): void {
  const [named] = params;
  if (named === undefined || tags.size === 0) return;
  const target = isChannel(named) ? named.toLowerCase() : named;
  const mutation = mutationIn(tags);
  if (mutation !== undefined && !isAllowed(server, session, target, mutation, tags)) return;
  const tidied = tidy(server, tags, mutation, session);
  // Only this spelling is looked into; `+delete` goes on to everybody as it came.
  if (tidied.has('+draft/delete')) {
    takeDelete(server, session, target, tidied);
    return;
  }
  const channel = isChannel(target) ? server.channel(target) : undefined;
  const wall = channel && tagWall(channel, session);
  if (wall !== undefined) {
    server.numeric(session, '404', target, wall);
    return;
  }
  const root = tidied.get('+reply');
  if (mutation?.emoji !== undefined && root !== undefined) {
    const reaction = { root, nick: session.nickOrStar, did: session.did, emoji: mutation.emoji };
    if (mutation.kind === 'react') server.store.react(reaction);
    else server.store.unreact(reaction);
  }
  passOn(server, session, target, tidied, true);
}

/** Whoever has an account has to sign what changes a message; a guest need not. */
function isAllowed(server: FreeqServer, session: Session, target: string, mutation: Mutation, tags: Tags): boolean {
  const { did } = session;
  const venue = did && venueOf(target, did, server.didOf(target));
  if (did === undefined || !venue || server.options.older === true) return true;
  const signature = tags.get(SIGNATURE_TAG) ?? tags.get('freeq.at/sig');
  const eventId = tags.get(EVENT_ID_TAG) ?? tags.get('freeq.at/eventid') ?? '';
  const document = mutationDocument(mutation, did, eventId, venue);
  const verdict =
    signature === undefined || eventId === '' ? 'unverifiable' : verdictOn(server, did, document, signature);
  if (verdict === 'valid') return true;
  const isInvalid = verdict === 'invalid';
  server.answer(
    session,
    'FAIL',
    'TAGMSG',
    isInvalid ? 'SIGNATURE_INVALID' : 'SIGNATURE_REQUIRED',
    isInvalid ? INVALID : REQUIRED,
  );
  return false;
}

/** One spelling of the tags, subjects at their first version, and a signature only while it still fits. */
function tidy(server: FreeqServer, tags: Tags, mutation: Mutation | undefined, { did }: Session): Map<string, string> {
  const tidied = new Map(tags);
  for (const [draft, canonical] of [
    ['+draft/react', '+react'],
    ['+draft/reply', '+reply'],
  ] as const) {
    const value = tidied.get(draft);
    tidied.delete(draft);
    if (value !== undefined && !tidied.has(canonical)) tidied.set(canonical, value);
  }
  if (mutation === undefined) return tidied;
  const root = server.store.rootOf(mutation.subject);
  if (mutation.kind !== 'delete') tidied.set('+reply', root);
  else if (tags.has('+draft/delete')) tidied.set('+draft/delete', root);
  if (did !== undefined && root === mutation.subject) return tidied;
  for (const tag of [SIGNATURE_TAG, 'freeq.at/sig', EVENT_ID_TAG, 'freeq.at/eventid']) tidied.delete(tag);
  return tidied;
}

function tagWall(channel: NonNullable<ReturnType<FreeqServer['channel']>>, session: Session): string | undefined {
  const { modes } = channel.record;
  if (modes.has('n') && !channel.members.has(session)) return 'Cannot send to channel (+n)';
  const hasVoice = [channel.ops, channel.halfops, channel.voiced].some((set) => set.has(session));
  return modes.has('m') && !hasVoice && !isAuthority(channel, session.did) ? 'Cannot send to channel (+m)' : undefined;
}

/** The author or an operator of the channel. Whoever deletes hears no echo. */
function takeDelete(server: FreeqServer, session: Session, target: string, tags: Tags): void {
  const root = tags.get('+draft/delete') ?? '';
  const fail = (code: string, why: string): void => server.answer(session, 'FAIL', 'DELETE', code, why);
  const row = server.store.row(root);
  const channel = isChannel(target) ? server.channel(target) : undefined;
  if (row === undefined && isChannel(target)) {
    fail('MESSAGE_NOT_FOUND', 'Original message not found');
    return;
  }
  if (row !== undefined && !isAuthor(row, session) && channel?.ops.has(session) !== true) {
    fail('AUTHOR_MISMATCH', 'You can only delete your own messages');
    return;
  }
  if (row?.deleted === true) return;
  server.store.delete(root);
  if (channel !== undefined) {
    channel.history = channel.history.filter(({ msgid }) => msgid !== root);
    channel.record.pins = channel.record.pins.filter(({ msgid }) => msgid !== root);
  }
  const kept = [...tags].filter(([key]) => key === '+draft/delete' || key === SIGNATURE_TAG || key === EVENT_ID_TAG);
  passOn(server, session, target, new Map(kept), false);
}

/** A deletion has no time and no echo, all else has both. A client without tags sees reactions as an action. */
function passOn(server: FreeqServer, session: Session, target: string, tags: Tags, isEchoed: boolean): void {
  const { prefix } = session;
  const wantsEcho = isEchoed && session.caps.has('echo-message');
  const siblings = session.did === undefined ? [] : server.sessionsOfDid(session.did);
  const here = isChannel(target)
    ? [...(server.channel(target)?.members ?? [])]
    : [...new Set([...server.sessionsFor(target), ...siblings, session])];
  for (const recipient of here) {
    if (recipient === session && !wantsEcho) continue;
    sendTags(recipient, {
      prefix,
      target,
      tags,
      account: session.did,
      ...(isEchoed ? { time: timeTag(server.nowSeconds) } : {}),
    });
  }
  server.toPeers({
    type: 'tagmsg',
    from: session.nickOrStar,
    target,
    tags,
    account: session.did ?? null,
    origin: server.id,
  });
}

type TagLine = {
  readonly prefix: string;
  readonly target: string;
  readonly tags: Tags;
  readonly account?: string | null | undefined;
  readonly time?: string;
};

export function sendTags(to: Session, { prefix, target, tags, account, time }: TagLine): void {
  const emoji = tags.get('+react');
  if (to.caps.has('message-tags'))
    to.deliver({ tags, prefix, command: 'TAGMSG', params: [target], account, ...(time === undefined ? {} : { time }) });
  else if (emoji !== undefined) to.send(`:${prefix} PRIVMSG ${target} :\u0001ACTION reacted with ${emoji}\u0001`);
}
