/**
 * What is signed when something is said, changed or taken back on freeq: documents in canonical JSON (RFC 8785). All values are text, so sorted keys
 * and the escapes of ECMAScript are all there is to it.
 */

/** Tags that a message's signature covers, without their prefix `+freeq.at/`. */
const SIGNED_TAGS: readonly string[] =
  'event evidence-type payload ref task-id media-url media-mime media-alt media-w media-h media-size media-filename media-blurhash media-duration link-url link-title link-desc link-image'.split(
    ' ',
  );

export type MessageDocument = {
  readonly from: string;
  readonly target: string;
  /** Id of this event, not of the one that it edits. */
  readonly msgid: string;
  /** SHA-256 of the body as it is on the wire, 64 lower-case hex digits. */
  readonly bodySha256: string;
  readonly edit?: string;
  readonly reply?: string;
  /** Tags of the line; those of {@link SIGNED_TAGS} count. */
  readonly tags?: ReadonlyMap<string, string>;
};

export function messageDocument(message: MessageDocument): string {
  const coord: Record<string, string> = {};
  for (const name of SIGNED_TAGS) {
    const value = message.tags?.get(`+freeq.at/${name}`);
    if (value !== undefined) coord[name] = value;
  }
  return canonical({
    body: `sha256:${message.bodySha256}`,
    ...(Object.keys(coord).length > 0 && { coord }),
    ...(message.edit !== undefined && { edit: message.edit }),
    from: message.from,
    msgid: message.msgid,
    ...(message.reply !== undefined && { reply: message.reply }),
    target: message.target,
  });
}

export type MutationDocument = {
  readonly kind: 'delete' | 'react' | 'unreact';
  readonly from: string;
  readonly target: string;
  readonly msgid: string;
  /** First id of the message that it is about. */
  readonly subject: string;
  /** Of a reaction. */
  readonly emoji?: string;
};

export const mutationDocument = (mutation: MutationDocument): string => canonical({ ...mutation });

type Value = string | { readonly [key: string]: Value };

/** Keys sorted by UTF-16 code units, no spaces. */
function canonical(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? '')}`).join(',')}}`;
}

/** Where it was said, as signatures name it. */
export const venueOf = (channel: string): string => channel.toLowerCase();
