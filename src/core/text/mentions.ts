/** Names of people in what is said on a network. */
import { pushSpan, type RichLine, type Span } from './spans.ts';

export type Mention = { readonly from: number; readonly to: number; readonly userId: string };

/** More than these in one message is no address but a list. */
const MAX_MENTIONS = 20;
/** Shorter names are words of many languages; they count only where somebody is plainly addressed. */
const LEAST_WORD = 4;
const MAX_NAME = 64;

/** Somebody is addressed by `name:` or `name,` at the start; a display name may have spaces. */
const ADDRESS = new RegExp(`^@?([^:,]{1,${MAX_NAME}})[:,](?:\\s|$)`, 'u');
/** What nicks are made of (RFC 2812 §2.3.1), in any script; and the same where there is only one, which is found much faster. */
const WORD = /[\p{L}\p{N}\p{M}_\-[\]\\^{}|`]+/gu;
const ASCII_WORD = /[A-Za-z0-9_\-[\]\\^{}|`]+/g;
const NOT_ASCII = /[\x80-\uffff]/;
const AT = 0x40;
/** Before or behind a word these make it part of an address, a path or another name. */
const JOINED_BEFORE = /[/#.:=&?~%+]$|\S@$/;
const JOINED_BEHIND = /^(?:[/@=&]|[.:]\S)/;

const standsAlone = (text: string, from: number, to: number): boolean =>
  !JOINED_BEFORE.test(text.slice(Math.max(0, from - 2), from)) && !JOINED_BEHIND.test(text.slice(to, to + 2));

/** @param personOf whom a name means, if anybody who wants to be called. It is asked for each word, so it has to be quick */
export function findMentions(text: string, personOf: (name: string) => string | undefined): readonly Mention[] {
  const found: Mention[] = [];
  const address = ADDRESS.exec(text);
  const addressed = address === null ? undefined : personOf((address[1] ?? '').trim());
  let from = 0;
  if (address !== null && addressed !== undefined) {
    const at = address[0].indexOf(address[1] ?? '');
    from = at + (address[1] ?? '').length;
    found.push({ from: at, to: from, userId: addressed });
  }
  const words = NOT_ASCII.test(text) ? WORD : ASCII_WORD;
  words.lastIndex = from;
  for (let word = words.exec(text); word !== null && found.length < MAX_MENTIONS; word = words.exec(text)) {
    const [name] = word;
    const before = text.charCodeAt(word.index - 1);
    if (name.length > MAX_NAME || (before !== AT && name.length < LEAST_WORD)) continue;
    const userId = personOf(name);
    const to = word.index + name.length;
    if (userId !== undefined && standsAlone(text, word.index, to)) found.push({ from: word.index, to, userId });
  }
  return found;
}

/** The line with these places naming people. @param mentions in order, not overlapping */
export function markMentions(line: RichLine, mentions: readonly Mention[]): RichLine {
  const marked: Span[] = [];
  let at = 0;
  let next = 0;
  for (const { text, looks } of line) {
    let from = 0;
    while (from < text.length) {
      while ((mentions[next]?.to ?? Number.POSITIVE_INFINITY) <= at + from) next++;
      const mention = mentions[next];
      const isInside = mention !== undefined && mention.from <= at + from;
      const end = mention === undefined ? text.length : (isInside ? mention.to : mention.from) - at;
      const to = Math.min(end, text.length);
      pushSpan(marked, text.slice(from, to), isInside ? { ...looks, mention: mention.userId } : looks);
      from = to;
    }
    at += text.length;
  }
  return marked;
}
