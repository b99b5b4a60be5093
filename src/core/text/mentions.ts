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
/** What nicks are made of (RFC 2812 §2.3.1), in any script. */
const WORD = /[\p{L}\p{N}\p{M}_\-[\]\\^{}|`]+/gu;
/** Before or behind a word these make it part of an address, a path or another name. */
const JOINED_BEFORE = /[/#.:=&?~%+]$/;
const JOINED_BEHIND = /^(?:[/@=&]|[.:]\S)/;

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
  for (const word of text.matchAll(WORD)) {
    if (found.length >= MAX_MENTIONS) break;
    if (word.index < from || word[0].length > MAX_NAME) continue;
    const isCalled = text[word.index - 1] === '@' && !/\S@$/.test(text.slice(Math.max(0, word.index - 2), word.index));
    if (!isCalled && (word[0].length < LEAST_WORD || text[word.index - 1] === '@')) continue;
    const to = word.index + word[0].length;
    if (JOINED_BEFORE.test(text.slice(Math.max(0, word.index - 1), word.index))) continue;
    if (JOINED_BEHIND.test(text.slice(to, to + 2))) continue;
    const userId = personOf(word[0]);
    if (userId !== undefined) found.push({ from: word.index, to, userId });
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
