import { hasFormatting, readIrc } from '../../text/irc-to-spans.ts';
import { findMentions, markMentions } from '../../text/mentions.ts';
import { hasLooks, NO_LOOKS, plainText } from '../../text/spans.ts';
import { writeHtml } from '../../text/spans-to-html.ts';
import { stripFormatting } from '../../text/strip.ts';
import type { NetworkView } from './view.ts';

export type Said = {
  /** Plain text, lines parted by line ends. */
  readonly body: string;
  /** The same as HTML, where there is more to it than plain text. */
  readonly formatted?: string;
  readonly mentions?: readonly string[];
};

/** Formatting may cost many times its text; beyond this the plain text has to do: an event has at most 65,536 bytes. */
const MAX_BYTES = 48_000;
const fits = (body: string, formatted: string): boolean =>
  Buffer.byteLength(JSON.stringify(body)) + Buffer.byteLength(JSON.stringify(formatted)) <= MAX_BYTES;

/** Looks may come to nothing: a colour that not everybody could read. */
const hasTags = (html: string): boolean => /<(?!br>)/.test(html);

/** What lines of a network say, with their formatting and the people they name. Plain lines without names are looked through once. */
export function readLines(lines: readonly string[], { personOf }: Pick<NetworkView, 'personOf'>): Said {
  let isPlain = true;
  const people = new Set<string>();
  // As it was said: hidden text keeps its label here, for clients that show plain text.
  const plain = lines.map(stripFormatting);
  const rich = lines.map((line, index) => {
    const text = plain[index] ?? '';
    const spans = hasFormatting(line) ? readIrc(line) : [{ text, looks: NO_LOOKS }];
    const mentions = personOf === undefined ? [] : findMentions(plainText(spans), personOf);
    for (const { userId } of mentions) people.add(userId);
    const marked = mentions.length === 0 ? spans : markMentions(spans, mentions);
    isPlain &&= !hasLooks(marked);
    return marked;
  });
  const body = plain.join('\n');
  const formatted = isPlain ? '' : writeHtml(rich);
  return {
    body,
    ...(hasTags(formatted) && fits(body, formatted) && { formatted }),
    ...(people.size > 0 && { mentions: [...people] }),
  };
}
