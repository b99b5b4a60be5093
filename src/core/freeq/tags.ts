/** What tags of freeq say beside those that all of IRC has in common. Clients write them: nothing here says who somebody is. */
import type { MessageStyle, NetworkMedia } from '../events.ts';
import { cutToBytes } from '../irc/cut.ts';
import type { IrcLine } from '../irc/line.ts';
import { readMarkdown } from '../text/markdown.ts';
import { writeIrc } from '../text/spans-to-irc.ts';
import { stripFormatting } from '../text/strip.ts';

type Tags = ReadonlyMap<string, string>;
export type Said = { readonly style: MessageStyle; readonly lines: readonly string[] };

const MAX_TEXT_UNITS = 2000;

/** Id of the first version of the message whose text a line replaces. The server lets only its author do that. */
export const editedIn = (tags: Tags): string | undefined => tags.get('+draft/edit') || undefined;

/**
 * Id of the message that a TAGMSG deletes. The server lets only its author and operators do that. What it passes on as `+delete` it
 * asked nobody about: anybody can write that, about anybody's message.
 */
export const deletedIn = (tags: Tags): string | undefined => tags.get('+draft/delete') || undefined;

/** The server tells of pins in notices that it writes for whoever pinned, under an address that nobody can have. */
export function pinnedIn({
  command,
  source,
  tags,
}: IrcLine): { readonly msgid: string; readonly pinned: boolean } | undefined {
  if (command !== 'NOTICE' || source?.user !== '~u' || source.host !== 'host') return undefined;
  const [pinned, unpinned] = [tags.get('+freeq.at/pin'), tags.get('+freeq.at/unpin')];
  const msgid = pinned || unpinned;
  return msgid ? { msgid, pinned: Boolean(pinned) } : undefined;
}

export const UNREACT_TAG = '+freeq.at/unreact';

export type Tallied = { readonly emoji: string; readonly nick: string };

const MAX_TALLIED = 50;

/**
 * Who reacted to a message, as history has it beside the first version: `👍:alice,bob;🎉:carol`, by what they were called then. Whoever
 * wrote the message may have typed it, where nobody has reacted.
 * @returns undefined where nothing can be told: an edit has none of its own, and an emoji or nick with a semicolon none that can be read
 */
export function talliedIn(tags: Tags): readonly Tallied[] | undefined {
  if (editedIn(tags) !== undefined) return undefined;
  const tally = tags.get('+freeq.at/reactions') ?? '';
  if (tally === '') return [];
  const found: Tallied[] = [];
  for (const each of tally.split(';')) {
    // No nick has a colon or a comma in it.
    const at = each.lastIndexOf(':');
    const nicks = each.slice(at + 1).split(',');
    if (at < 1 || nicks.includes('') || found.length + nicks.length > MAX_TALLIED) return undefined;
    found.push(...nicks.map((nick) => ({ emoji: each.slice(0, at), nick })));
  }
  return found;
}

const ENCRYPTED = /^E(?:NC1|G1):/;

const MARKDOWN = /^text\/markdown *(?:;|$)/i;

/**
 * What a message says to people: what is encrypted is nothing to read, line ends that a server without `draft/multiline` had to
 * write as two characters are line ends again, and Markdown becomes formatting as all of IRC has it.
 */
export function saidIn(tags: Tags, said: Said): Said {
  if (tags.has('+encrypted') && ENCRYPTED.test(said.lines[0] ?? ''))
    return { style: 'notice', lines: ['sent an encrypted message, which the bridge cannot read'] };
  const lines = tags.has('+freeq.at/multiline') ? said.lines.flatMap((line) => line.split('\\n')) : said.lines;
  const marked = MARKDOWN.test(tags.get('+freeq.at/mime') ?? '') ? readMarkdown(lines) : undefined;
  return { ...said, lines: marked?.map(writeIrc) ?? lines };
}

const MEDIA = '+freeq.at/media-';
const MIME = /^[\w.+-]+\/[\w.+-]+$/;
const MAX_NAME_BYTES = 200;
const MAX_ALT_BYTES = 400;

/** The tags that {@link mediaIn} reads, where a message is about a file; none for one whose address is too long. */
export function mediaTags({ url, mimetype, filename, alt, sizeBytes, width, height }: NetworkMedia): Tags {
  if (url.length > MAX_TEXT_UNITS) return new Map();
  const text = (value: string | undefined, maxBytes: number): string | undefined =>
    value === undefined ? undefined : cutToBytes(stripFormatting(value).replace(/\s+/g, ' ').trim(), maxBytes);
  const values: readonly (readonly [name: string, value: string | undefined])[] = [
    ['url', url],
    ['mime', mimetype !== undefined && MIME.test(mimetype) ? text(mimetype, MAX_NAME_BYTES) : undefined],
    ['filename', text(filename, MAX_NAME_BYTES)],
    ['alt', text(alt, MAX_ALT_BYTES)],
    ['size', sizeBytes?.toFixed()],
    ['w', width?.toFixed()],
    ['h', height?.toFixed()],
  ];
  return new Map(values.flatMap(([name, value]) => (value ? [[MEDIA + name, value] as const] : [])));
}

/** A file that a message carries. Only the URL is needed, and only one that a browser would open counts. */
export function mediaIn(tags: Tags): readonly NetworkMedia[] {
  const url = tags.get(`${MEDIA}url`) ?? '';
  if (!/^https?:\/\/[^\s/]/i.test(url) || url.length > MAX_TEXT_UNITS || !URL.canParse(url)) return [];
  const text = (name: string): string | undefined => tags.get(MEDIA + name)?.slice(0, MAX_TEXT_UNITS) || undefined;
  const count = (name: string): number | undefined => {
    const digits = text(name) ?? '';
    return /^\d{1,12}$/.test(digits) ? Number(digits) : undefined;
  };
  const [mimetype, filename, alt] = [text('mime'), text('filename'), text('alt')];
  const [sizeBytes, width, height] = [count('size'), count('w'), count('h')];
  return [
    {
      url,
      ...(mimetype !== undefined && MIME.test(mimetype) && { mimetype }),
      ...(filename !== undefined && { filename }),
      ...(alt !== undefined && { alt }),
      ...(sizeBytes !== undefined && { sizeBytes }),
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
    },
  ];
}
