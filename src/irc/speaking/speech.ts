/** What one line of a person becomes on the wire: by their own connection, by RELAYMSG, or by the bot with their name in front. */

import type { MessageStyle } from '../../core/events.ts';
import { msgidOf } from '../../core/ids.ts';
import { encodeAction } from '../../core/irc/ctcp.ts';
import type { OutgoingLine as WireLine } from '../../core/irc/encode.ts';
import { sanitizeText } from '../../core/irc/encode.ts';
import { clientTagPasses } from '../../core/irc/isupport.ts';
import { packMultiline, unpackMultiline } from '../../core/irc/multiline.ts';
import { bodyBudget, splitForJoining, splitText } from '../../core/irc/split.ts';
import { formattingAfter, isPlainState, PLAIN } from '../../core/text/irc-formatting.ts';
import { safeName } from '../../core/text/safe-name.ts';
import type { OutgoingLine, Person } from '../../ports/network.ts';
import type { Link } from '../wire/link.ts';
import { replyTags } from './gestures.ts';
import { isMultiline, multilineWires, takesMultiline } from './multiline.ts';

/** The client tag by which a line of ours is found again in history. */
export const ID_TAG = '+causeway.coop/id';
/** Matrix id of whoever said a line, for clients that want to show it. A claim of ours: anybody can write such a tag. */
const USER_TAG = '+causeway.coop/user';

/** One piece of one line, as one command. */
export type Utterance = {
  /** Which of the line's parts it carries. */
  readonly part: number;
  /** Names it for ever: line and part, and of a part in several pieces which of how many, with room for how many bytes. */
  readonly id: string;
  /** That part, before anything was made of it. */
  readonly text: string;
  readonly wire: WireLine;
  /** The rest of a message of several lines. */
  readonly following?: readonly WireLine[];
  readonly channel: string;
  /** The id that we gave it, where the server takes ids of ours. */
  readonly msgid?: string;
  /** As it comes back in an echo. */
  readonly body: string;
  /** The nick others see. */
  readonly nick: string;
  /** No line: nobody sees it, and no echo repeats its text. */
  readonly isGesture?: boolean;
};

/** Names a part for ever, and what says all of it at once. */
export const partId = (lineId: string, part: number): string => `${lineId}.${part}`;

/** Who speaks, and how. */
export type Manner =
  | { readonly kind: 'puppet' }
  | { readonly kind: 'relaymsg'; readonly nick: string }
  | { readonly kind: 'format'; readonly name: string; readonly format: string };

/**
 * Splits a text to the byte for what the server puts before it. Nothing for a text of which nothing can be sent.
 * @param text of several lines, perhaps
 */
export function splitSpeech(
  link: Link,
  channel: string,
  text: string,
  style: MessageStyle,
  manner: Manner,
): readonly string[] {
  const lines = text.split(LINE_END).map(sanitizeText);
  const max = budget(link, channel, style, manner);
  const said = lines.filter((line) => line.trim() !== '');
  const limits = manner.kind === 'puppet' && style !== 'action' ? takesMultiline(link) : undefined;
  // One line alone stays as everybody reads it: what a reader needs to put its pieces together again, others would see.
  if (limits === undefined || said.length < 2) return said.flatMap((line) => splitText(line, max));
  return packMultiline(
    said.map((line) => splitForJoining(line, max)),
    limits,
  );
}

/** A line feed that somebody smuggled comes with a carriage return, and is none. */
const LINE_END = /(?<!\r)\n/;

function budget(link: Link, channel: string, style: MessageStyle, manner: Manner): number {
  const nick = manner.kind === 'relaymsg' ? manner.nick : link.nick;
  const room = bodyBudget({
    lineLen: link.isupport.lineLen,
    nick,
    // A relayed nick has an address of the server's making.
    user: manner.kind === 'relaymsg' ? undefined : link.user,
    host: manner.kind === 'relaymsg' ? undefined : link.host,
    command: manner.kind === 'relaymsg' ? 'PRIVMSG' : commandOf(style),
    target: channel,
    action: style === 'action' && manner.kind !== 'format',
  });
  return manner.kind === 'format' ? room - Buffer.byteLength(framed(manner, '', style)) - RESET.length : room;
}

/** The commands that say a line. A part that was split for another manner and is too long for this one is split again. */
export function utter(
  link: Link,
  channel: string,
  line: OutgoingLine,
  manner: Manner,
  person: Person,
): readonly Utterance[] {
  const passes = (tag: string): boolean => link.hasCap('message-tags') && clientTagPasses(tag, link.isupport);
  const tagged = passes(ID_TAG);
  const named = person.alias !== true && passes(USER_TAG);
  const max = budget(link, channel, line.style, manner);
  return line.parts.flatMap((part, index) =>
    piecesOf(link, part, line.style, manner, max).map((piece, at, pieces) => {
      // The same text and the same room make the same pieces: a piece of this name is always the same words.
      const id = `${partId(line.id, index)}${pieces.length === 1 ? '' : `+${at}/${pieces.length}/${max}`}`;
      const msgid = link.ids.of(line.stamp, `${id} ${piece}`);
      // Of several parts the first one answers.
      const answer = index === 0 && at === 0 ? replyTags(link, line.replyTo) : NO_TAGS;
      const file = index === 0 && at === 0 ? mediaTags(link, line) : NO_TAGS;
      const tags = new Map([...(tagged ? [[ID_TAG, id] as const] : []), ...answer, ...file]);
      if (msgid !== undefined) tags.set(msgid.tag, msgid.id);
      if (named) tags.set(USER_TAG, person.userId);
      const said = isMultiline(piece)
        ? { ...multilineWires(commandOf(line.style), channel, piece, tags), nick: link.nick }
        : say(link, channel, piece, line.style, manner, tags.size === 0 ? {} : { tags });
      // The rest of a new text that is too long is said behind it.
      const edited = index === 0 && at === 0 && line.edits !== undefined ? msgidOf(line.edits) : undefined;
      const wire = withMarks(link, channel, said, edited, msgid?.id);
      return { part: index, id, text: part, channel, ...(msgid && { msgid: msgid.id }), ...said, wire };
    }),
  );
}

const mediaTags = (link: Link, { media }: OutgoingLine): ReadonlyMap<string, string> =>
  (media !== undefined && link.hasCap('message-tags') && link.dialect.gestures.media?.(media)) || NO_TAGS;

/** The command, as the new text of a message where it is one, and with the marks by which others can check it. */
function withMarks(
  link: Link,
  channel: string,
  { wire, body }: { readonly wire: WireLine; readonly body: string },
  edited: string | undefined,
  eventId: string | undefined,
): WireLine {
  const { gestures } = link.dialect;
  const tags = wire.tags ?? NO_TAGS;
  const line = { channel, body, eventId, tags };
  const marks = edited === undefined ? gestures.sign?.(link, line) : gestures.edit(link, { ...line, msgid: edited });
  return marks === undefined || marks.size === 0 ? wire : { ...wire, tags: new Map([...tags, ...marks]) };
}

/** What of a part is one command, or one message of several lines. Such a part may be older than the connection, and too much for it. */
function piecesOf(link: Link, part: string, style: MessageStyle, manner: Manner, max: number): readonly string[] {
  if (!isMultiline(part)) return manner.kind === 'puppet' ? [part] : splitText(part, max);
  if (manner.kind === 'puppet' && style !== 'action' && takesMultiline(link) !== undefined) return [part];
  return unpackMultiline(part).flatMap(({ text }) => splitText(text, max));
}

const commandOf = (style: MessageStyle): string => (style === 'notice' ? 'NOTICE' : 'PRIVMSG');

const NO_TAGS: ReadonlyMap<string, string> = new Map();

type Tags = { readonly tags?: ReadonlyMap<string, string> };

function say(link: Link, channel: string, piece: string, style: MessageStyle, manner: Manner, tags: Tags) {
  const body =
    manner.kind === 'format' ? framed(manner, piece, style) : style === 'action' ? encodeAction(piece) : piece;
  if (manner.kind === 'relaymsg') {
    const wire: WireLine = { ...tags, command: 'RELAYMSG', params: [channel, manner.nick, body] };
    return { wire, body, nick: manner.nick };
  }
  return { wire: { ...tags, command: commandOf(style), params: [channel, body] }, body, nick: link.nick };
}

function framed(
  { name, format }: { readonly name: string; readonly format: string },
  text: string,
  style: MessageStyle,
) {
  const said = closed(text);
  if (style === 'action') return `* ${name} ${said}`;
  return format.replace(/\{(name|text)\}/g, (_, key: string) => (key === 'name' ? name : said));
}

const RESET = '\x0f';

/** A piece may end with formatting on, since the next one begins with it again: what stands behind it is not part of it. */
const closed = (text: string): string =>
  isPlainState(formattingAfter(PLAIN, text, 0, text.length)) ? text : `${text}${RESET}`;

/** A name for use inside a line of the bot: short, unable to look like the end of itself, with the server that vouches where that is not ours. */
export function relayName({ displayName, userId, visitingFrom }: Person): string {
  const localpart = userId.slice(1).split(':')[0] ?? userId;
  const name = sanitizeText(safeName(displayName, localpart)).replace(/[\x00-\x1f<>]/g, '');
  const short = [...name].slice(0, 32).join('').trim() || localpart.slice(0, 32);
  return visitingFrom === undefined ? short : `${short} (${visitingFrom.slice(-MAX_SERVER_CHARS)})`;
}

const MAX_SERVER_CHARS = 40;

/** Characters that RELAYMSG of Ergo refuses, and those that the draft reserves. */
const RELAY_FORBIDDEN = /[\s!+%@&#$:'"?*,./~[\]\\^{}|<>();=]+/g;

/** @returns a nick for RELAYMSG: `Alice/mx` */
export function relayNick(nick: string, suffix: string): string {
  return `${nick.replace(RELAY_FORBIDDEN, '_').replace(/^[-_~+#]+/, '') || 'matrix'}${suffix}`;
}

export const ownTagOf = (tags: ReadonlyMap<string, string>): string | undefined => tags.get(ID_TAG);
