import { createHash, type KeyObject } from 'node:crypto';
import { isSignedBy, rawKey, signBytes } from './did-key.ts';
import { isChannel, type Tags } from './wire.ts';

/** Tags of a message that its signature covers, without `+freeq.at/` (spec/chat-signing-vectors.json, a closed set). */
const COVERED = new Set(
  'event evidence-type link-desc link-image link-title link-url media-alt media-blurhash media-duration media-filename media-h media-mime media-size media-url media-w payload ref task-id'.split(
    ' ',
  ),
);

type Json = { readonly [key: string]: string | Json | undefined };

export type Verdict = 'valid' | 'invalid' | 'unverifiable';

export const SIGNATURE_TAG = '+freeq.at/sig';
export const EVENT_ID_TAG = '+freeq.at/eventid';

/** Where something is said, as signed: the channel in lower case, or `dm:` and both DIDs in order. */
export const venueOf = (target: string, from: string, recipientDid?: string): string | undefined =>
  isChannel(target) ? target.toLowerCase() : recipientDid && `dm:${[from, recipientDid].sort().join(',')}`;

export type MessageFields = {
  readonly from: string;
  readonly msgid: string;
  readonly venue: string;
  readonly body: string;
};

/** What is signed of a message: JCS (RFC 8785). An empty reply or edit is left out, an empty covered tag is not. */
export function messageDocument(fields: MessageFields, tags: Tags, edit?: string): string {
  const coord: Record<string, string> = {};
  for (const [tag, value] of tags) {
    const name = /^\+?freeq\.at\/(.*)$/.exec(tag)?.[1];
    if (name !== undefined && COVERED.has(name)) coord[name] = value;
  }
  return canonical({
    body: `sha256:${createHash('sha256').update(fields.body).digest('hex')}`,
    from: fields.from,
    msgid: fields.msgid,
    target: fields.venue,
    reply: (tags.get('+reply') ?? tags.get('+draft/reply')) || undefined,
    edit: edit || undefined,
    ...(Object.keys(coord).length === 0 ? {} : { coord }),
  });
}

export type Mutation = {
  readonly kind: 'delete' | 'react' | 'unreact';
  readonly subject: string;
  readonly emoji?: string;
};

/** What a TAGMSG does to a message; undefined where it does nothing to any. */
export function mutationIn(tags: Tags): Mutation | undefined {
  const deleted = tags.get('+draft/delete') ?? tags.get('+delete');
  if (deleted !== undefined) return { kind: 'delete', subject: deleted };
  const subject = tags.get('+reply') ?? tags.get('+draft/reply');
  const react = tags.get('+react') ?? tags.get('+draft/react');
  const unreact = tags.get('+freeq.at/unreact');
  if (subject === undefined) return undefined;
  if (react !== undefined) return { kind: 'react', subject, emoji: react };
  return unreact === undefined ? undefined : { kind: 'unreact', subject, emoji: unreact };
}

export const mutationDocument = (mutation: Mutation, from: string, eventId: string, venue: string): string =>
  canonical({
    from,
    kind: mutation.kind,
    msgid: eventId,
    subject: mutation.subject,
    target: venue,
    emoji: mutation.emoji || undefined,
  });

function canonical(value: Json): string {
  const members = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const of = value[key];
      if (of === undefined) return [];
      return [`${JSON.stringify(key)}:${typeof of === 'string' ? JSON.stringify(of) : canonical(of)}`];
    });
  return `{${members.join(',')}}`;
}

/** Names a key: the first half of its digest. */
export const keyId = (key: KeyObject): string =>
  createHash('sha256').update(rawKey(key)).digest().subarray(0, 16).toString('base64url');

/** The value of `+freeq.at/sig`. */
export const signDocument = (document: string, privateKey: KeyObject, publicKey: KeyObject): string =>
  `ed25519:${keyId(publicKey)}:${signBytes(Buffer.from(document), privateKey)}`;

/** `unverifiable`: nothing is known against it, since the key is not known or the form is another. */
export function checkDocument(
  document: string,
  signature: string,
  keyNamed: (keyId: string) => KeyObject | undefined,
): Verdict {
  const [algorithm, kid = '', bytes = ''] = signature.split(':');
  const key = algorithm === 'ed25519' ? keyNamed(kid) : undefined;
  if (key === undefined || Buffer.from(bytes, 'base64url').length !== 64) return 'unverifiable';
  return isSignedBy(key, Buffer.from(document), bytes) ? 'valid' : 'invalid';
}
