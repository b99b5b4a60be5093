import { createHash, randomBytes } from 'node:crypto';
import { messageDocument, mutationDocument, venueOf } from '../../core/freeq/documents.ts';
import { mediaTags, UNREACT_TAG } from '../../core/freeq/tags.ts';
import { makeUlid } from '../../core/freeq/ulid.ts';
import type { GestureMaker, WireSpeech } from '../speaking/gestures.ts';
import type { Link } from '../wire/link.ts';
import type { Signer } from '../wire/registration.ts';

const SIGNATURE = '+freeq.at/sig';
const EVENT_ID = '+freeq.at/eventid';
const KEY_ID_BYTES = 16;

/** `ed25519:<key id>:<signature>` over a document. */
function signatureOf({ publicKey, sign }: Signer, document: string): string {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest();
  return `ed25519:${digest.subarray(0, KEY_ID_BYTES).toString('base64url')}:${sign(Buffer.from(document, 'utf8'))}`;
}

/** Registers the key that signs, once a connection is let in. A server without signatures does not know the command. */
export const registerKey = (link: Link): void => {
  const { signer } = link;
  if (signer !== undefined && link.hasCap('freeq.at/msgsig'))
    link.send({ command: 'MSGSIG', params: [signer.publicKey] });
};

type Mutation = { readonly kind: 'delete' | 'react' | 'unreact'; readonly subject: string; readonly emoji?: string };

/** Whoever has an identity has to sign what changes a message; guests cannot. */
function signed(link: Link, channel: string, mutation: Mutation): readonly [string, string][] {
  const { signer } = link;
  if (signer === undefined) return [];
  const msgid = makeUlid(link.serverMs(), randomBytes(10));
  const document = mutationDocument({ ...mutation, from: signer.did, msgid, target: venueOf(channel) });
  return [
    [EVENT_ID, msgid],
    [SIGNATURE, signatureOf(signer, document)],
  ];
}

/** Reactions, deletions and edits as freeq takes them (facts: chatsig and messaging of its server). */
export const freeqGestures: GestureMaker = {
  powers: { repliesShown: true, edits: true, reactions: true, deletions: true, pins: true },
  // One at a time, and only while nothing that is said waits for an answer.
  typesUnlabelled: true,
  react: (link, { channel, msgid, emoji, removed }) => {
    const kind = removed ? 'unreact' : 'react';
    return {
      tags: new Map([
        [removed ? UNREACT_TAG : '+react', emoji],
        ['+reply', msgid],
        ...signed(link, channel, { kind, subject: msgid, emoji }),
      ]),
      command: 'TAGMSG',
      params: [channel],
    };
  },
  redact: (link, { channel, msgid }) => ({
    tags: new Map([['+draft/delete', msgid], ...signed(link, channel, { kind: 'delete', subject: msgid })]),
    command: 'TAGMSG',
    params: [channel],
  }),
  // Only operators may; what is pinned already is answered with a notice.
  pin: ({ channel, msgid, pinned }) => ({ command: pinned ? 'PIN' : 'UNPIN', params: [channel, msgid] }),
  // Whoever has an identity would have to sign it with both people's, and theirs is not known here.
  changesInPrivate: ({ signer }) => signer === undefined,
  media: mediaTags,
  edit: (link, line) => new Map([['+draft/edit', line.msgid], ...signature(link, line, line.msgid)]),
  // The server would sign for us. But a peer fetches a key when it first sees it, too late for what came with it: an edit must not be the first.
  sign: (link, line) => new Map(signature(link, line)),
};

const isChannel = (target: string): boolean => target.startsWith('#') || target.startsWith('&');

/** Of a message; of an edit, `edit` is the first version. */
function signature(
  { signer }: Link,
  { channel, body, eventId, tags }: WireSpeech,
  edit?: string,
): readonly [string, string][] {
  // In private the place is both people's DIDs, and theirs is not known here: what is signed with another place is refused.
  if (signer === undefined || eventId === undefined || !isChannel(channel)) return [];
  const reply = tags.get('+reply');
  const document = messageDocument({
    from: signer.did,
    target: venueOf(channel),
    msgid: eventId,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    ...(edit !== undefined && { edit }),
    ...(reply !== undefined && { reply }),
    tags,
  });
  return [[SIGNATURE, signatureOf(signer, document)]];
}
