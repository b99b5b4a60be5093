import { relay } from './deliver.ts';
import { takeEdit } from './edits.ts';
import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import {
  checkDocument,
  EVENT_ID_TAG,
  messageDocument,
  SIGNATURE_TAG,
  signDocument,
  type Verdict,
  venueOf,
} from './signed-document.ts';
import { isAuthority, REPLAYED } from './state.ts';
import { objectionToId } from './ulid.ts';
import { isChannel, type Line, type Tags } from './wire.ts';

/** Five messages in two seconds, whichever way they are asked for. */
const MAX_MESSAGES = 5;
const WINDOW_MS = 2000;

export type Chunk = { readonly body: string; readonly concat: boolean };

export type Saying = {
  readonly command: string;
  readonly target: string;
  readonly text: string;
  readonly tags: Tags;
  /** Of a multiline batch. */
  readonly lines?: readonly Chunk[];
};

export function takeMessage(server: FreeqServer, session: Session, { command, params, tags }: Line): void {
  const [target, text] = params;
  if (target === undefined || text === undefined) return;
  say(server, session, { command, target: isChannel(target) ? target.toLowerCase() : target, text, tags });
}

export function say(server: FreeqServer, session: Session, saying: Saying): void {
  const { command, target, text, tags } = saying;
  if (tags.has('+draft/edit')) {
    takeEdit(server, session, saying);
    return;
  }
  const refuse = (why: string): void => {
    if (command !== 'NOTICE') server.numeric(session, '404', target, why);
  };
  if (isTooFast(server, session)) {
    refuse('Flood protection: sending too fast');
    return;
  }
  const wall = isChannel(target) ? wallOf(server, session, saying) : undefined;
  if (wall !== undefined) {
    refuse(wall);
    return;
  }
  const msgid = idFor(server, session, command, tags);
  if (msgid === undefined) return;
  const full = stamped(server, session, command, saying, msgid);
  if (full === undefined) return;
  if (command === 'PRIVMSG')
    record(server, session, { venue: storageVenue(server, session, target), text, tags: full, msgid });
  relay(server, session, { ...saying, tags: full, msgid });
}

function isTooFast(server: FreeqServer, session: Session): boolean {
  const nowMs = server.clock.nowMs();
  session.messageTimesMs = session.messageTimesMs.filter((timeMs) => nowMs - timeMs < WINDOW_MS);
  if (session.messageTimesMs.length >= MAX_MESSAGES) return true;
  session.messageTimesMs.push(nowMs);
  return false;
}

/** Why the channel lets nobody say this; a channel that is not there has no walls. */
function wallOf(server: FreeqServer, session: Session, { target, text, tags }: Saying): string | undefined {
  const channel = server.channel(target);
  if (channel === undefined) return undefined;
  const { modes } = channel.record;
  const hasVoice = [channel.ops, channel.halfops, channel.voiced].some((set) => set.has(session));
  if (modes.has('n') && !channel.members.has(session)) return 'Cannot send to channel (+n)';
  if (modes.has('m') && !hasVoice && !isAuthority(channel, session.did)) return 'Cannot send to channel (+m)';
  if (!modes.has('E')) return undefined;
  if (!tags.has('+encrypted')) return 'Cannot send to channel (+E) — messages must carry the +encrypted tag';
  return /^(ENC1|EG1):./s.test(text)
    ? undefined
    : 'Cannot send to channel (+E) — body must be ENC1/EG1-prefixed ciphertext';
}

/** The id that the sender minted, where the server takes it; else one of its own. Undefined where it refused, and said so. */
export function idFor(server: FreeqServer, session: Session, command: string, tags: Tags): string | undefined {
  const claimed = server.options.older === true ? undefined : (tags.get(EVENT_ID_TAG) ?? tags.get('freeq.at/eventid'));
  if (claimed === undefined) return server.mint();
  const objection =
    session.did === undefined
      ? (['EVENTID_NOT_AUTHENTICATED', 'Only an authenticated identity may mint its own event ids'] as const)
      : (objectionToId(claimed, server.clock.nowMs()) ??
        (server.store.row(claimed) === undefined
          ? undefined
          : (['EVENTID_IN_USE', 'That event id is already on file'] as const)));
  if (objection === undefined) return claimed;
  server.answer(session, 'FAIL', command, ...objection);
  return undefined;
}

/** All that the client sent goes on, its own `account` and `time` too; id and signature are the server's affair. */
export function stamped(
  server: FreeqServer,
  session: Session,
  command: string,
  { target, text, tags }: Saying,
  msgid: string,
  edit?: string,
): Tags | undefined {
  const full = new Map(tags);
  if (server.options.older !== true) for (const tag of [EVENT_ID_TAG, 'freeq.at/eventid']) full.delete(tag);
  full.set('msgid', msgid);
  const { did } = session;
  const venue = did && venueOf(target, did, server.didOf(target));
  const signature = tags.get(SIGNATURE_TAG);
  full.delete(SIGNATURE_TAG);
  full.delete('freeq.at/sig');
  if (did === undefined || !venue) return full;
  const document = messageDocument({ from: did, msgid, venue, body: text }, tags, edit);
  const verdict = signature === undefined ? 'unverifiable' : verdictOn(server, did, document, signature);
  if (verdict === 'invalid') {
    const why = 'That signature does not verify against the key it names';
    server.answer(session, 'FAIL', command, 'SIGNATURE_INVALID', why);
    return undefined;
  }
  const ofServer = signDocument(document, server.key.privateKey, server.key.publicKey);
  return full.set(SIGNATURE_TAG, verdict === 'valid' && signature !== undefined ? signature : ofServer);
}

export const verdictOn = (server: FreeqServer, did: string, document: string, signature: string): Verdict =>
  checkDocument(document, signature, (keyId) => server.signingKey(did, keyId));

/** Where a message is kept; undefined for talk in private that is not between two people with an account. */
export function storageVenue(server: FreeqServer, { did }: Session, target: string): string | undefined {
  if (isChannel(target)) return target;
  return did && venueOf(target, did, server.didOf(target));
}

type Recorded = {
  readonly venue: string | undefined;
  readonly text: string;
  readonly tags: Tags;
  readonly msgid: string;
};

function record(server: FreeqServer, session: Session, { venue, text, tags, msgid }: Recorded): void {
  if (!venue) return;
  const { did, prefix: sender } = session;
  const seconds = server.nowSeconds;
  server.store.add({ venue, sender, text, seconds, tags, msgid, root: msgid, did, deleted: false });
  const shown = new Map(tags);
  if (did !== undefined) shown.set('account', did);
  const channel = server.channel(venue);
  channel?.history.push({ sender, text, seconds, tags: shown, msgid, edited: false });
  channel?.history.splice(0, Math.max(0, channel.history.length - REPLAYED));
}
