import { keepingEmoji } from '../text/safe-name.ts';
import { originWords } from './assurance.ts';
import { alphabetOfLookAlikes, isLookAlike, plainLetter } from './look-alikes.ts';

/**
 * Names of ghosts. What follows the nick (`(IRC)`, `via oak.example`) is the only mark of a ghost that every client shows,
 * so nothing that somebody chose may look like it, push it out of sight, or turn it round. What is taken out leaves a
 * visible trace: otherwise a name with something invisible in it would be shown as the very name that it imitates.
 */
export const MAX_NAME_CODE_POINTS = 60;
const MAX_INPUT_CHARS = 120;
/** Of inserted parts other than the nick. */
const MAX_PART_CODE_POINTS = 24;
const TAKEN_OUT = '…';
const FORGED = '\ufffd';
const NOBODY = 'somebody';

export type NameTemplates = {
  /** For people of the server that we are connected to: `{nick} (IRC)`. */
  readonly here: string;
  /** For people of another server: `{nick} via {origin}`. */
  readonly via: string;
};

export type NameParts = {
  readonly nick: string;
  readonly account: string | null;
  readonly origin: string | null;
  readonly network: string;
};

const PLACEHOLDER = /\{(nick|account|origin|network)\}/g;

/**
 * @returns at most {@link MAX_NAME_CODE_POINTS} code points; all of the template stands in it, however long the nick is
 */
export function displayName(parts: NameParts, templates: NameTemplates): string {
  const template = parts.origin === null ? templates.here : templates.via;
  const suffixes = suffixesOf(templates);
  const clean = (text: string): string => cleaned(text, suffixes);
  const values: Record<string, string> = {
    account: start(clean(parts.account ?? parts.nick), MAX_PART_CODE_POINTS),
    // Its end says whose server it is.
    origin: end(clean(originWords(parts.origin ?? '')), MAX_PART_CODE_POINTS),
    network: start(clean(parts.network), MAX_PART_CODE_POINTS),
    nick: '',
  };
  const fill = (nick: string): string =>
    template.replace(PLACEHOLDER, (_, key: string) => (key === 'nick' ? nick : (values[key] ?? '')));
  const room = Math.max(8, MAX_NAME_CODE_POINTS - [...fill('')].length);
  return start(fill(start(clean(parts.nick) || NOBODY, room)), MAX_NAME_CODE_POINTS);
}

/** A name that somebody else chose, as it may stand in a sentence: of a nick, an account, a server. Bounded. */
export const cleanName = (text: string): string => start(cleaned(text, []), MAX_NAME_CODE_POINTS);

/** Spaces of all kinds, and the blank Braille pattern. */
const SPACES = /[\p{White_Space}\u2800]+/gu;
/**
 * There without being seen: controls, bidirectional marks, zero-width and joining characters, variation selectors, tags,
 * fillers (Default_Ignorable_Code_Point), lone surrogates, what has no meaning (Unicode UTS #39 §5, UTR #36).
 */
const HIDDEN = String.raw`\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb`;
const NOT_SEEN = new RegExp(`[${HIDDEN}]+`, 'gu');
/** Marks by which programs show that somebody is verified: ticks, seals, shields, locks, stars, medals, coloured dots. */
const BADGES =
  /[\u2610-\u2612\u2705\u2713-\u2718\u237b\u221a\u2b50\u2605\u2606\u272a\u2730\u269c\u{1f5f8}\u{1f5f9}\u{1f197}\u{1f396}\u{1f3c5}\u{1f530}\u{1f31f}\u{1f50f}-\u{1f513}\u{1f6e1}\u{1f451}\u{1f947}-\u{1f949}\u{1f535}\u{1f7e2}\u{1f537}\u{1f539}]\ufe0f?/gu;
/** More marks than any script piles on one letter. */
const MANY_MARKS = /(\p{M}{3})\p{M}+/gu;

function cleaned(text: string, suffixes: readonly RegExp[]): string {
  // A bound before the work, which grows with the square: names of a megabyte exist.
  const spaced = text.slice(0, MAX_INPUT_CHARS).toWellFormed().normalize('NFC').replace(SPACES, ' ').trim();
  const visible = keepingEmoji(spaced.replace(BADGES, TAKEN_OUT), (part) => part.replace(NOT_SEEN, TAKEN_OUT))
    .replace(MANY_MARKS, '$1')
    .replace(/^\p{M}+/u, TAKEN_OUT);
  // Before forged letters are put out of action: a suffix may be made of them.
  const own = withoutForgery(withoutSuffixes(visible, suffixes));
  return own.replace(SPACES, ' ').replace(/…{2,}/g, TAKEN_OUT).trim();
}

/**
 * Letters of another alphabet that pass for Latin are put out of action in a name that has Latin ones as well; a name that is
 * made of nothing else says so.
 */
function withoutForgery(text: string): string {
  if (/[A-Za-z]/.test(text)) return [...text].map((char) => (isLookAlike(char) ? FORGED : char)).join('');
  const alphabet = alphabetOfLookAlikes(text);
  return alphabet === undefined ? text : `${text} [${alphabet}]`;
}

function withoutSuffixes(text: string, suffixes: readonly RegExp[]): string {
  let own = text;
  // What is left when one is taken out may be another.
  for (let round = 0; round < 10; round++) {
    const plain = [...own].map(plainLetter).join('');
    const found = suffixes.map((suffix) => suffix.exec(plain)).find((match) => match !== null);
    if (found === null || found === undefined) return own;
    // By code units: plainLetter may give one for a pair.
    const before = [...plain.slice(0, found.index)].length;
    const after = before + [...found[0]].length;
    own = [...own].toSpliced(before, after - before, TAKEN_OUT).join('');
  }
  return TAKEN_OUT;
}

const GAP = String.raw`[\s_.\-~\u00b7\u2010-\u2015]`;
const OPEN = String.raw`[([{<\u2039\u27e8\u3008\u3010\u2983\uff08\u00ab\u201c"']`;
const CLOSE = String.raw`[)\]}>\u203a\u27e9\u3009\u3011\u2984\uff09\u00bb\u201d"']`;
/** What other bridges and networks end their people's names in, besides what the templates say. */
const KNOWN_SUFFIXES = [' (IRC)', ' (freeq)', ' (Matrix)', ' (verified)', ' (bridge)', ' via '];

/** Everything that ends a ghost's name here or elsewhere, as it may be imitated: by other brackets and other gaps. */
function suffixesOf({ here, via }: NameTemplates): readonly RegExp[] {
  const key = JSON.stringify([here, via]);
  const known = SUFFIXES.get(key);
  if (known !== undefined) return known;
  const made = makeSuffixes(here, via);
  SUFFIXES.set(key, made);
  return made;
}

/** By templates, of which a configuration has few: making them costs more than a line. */
const SUFFIXES = new Map<string, readonly RegExp[]>();

function makeSuffixes(here: string, via: string): readonly RegExp[] {
  const literals = [here, via].flatMap((template) => template.split(PLACEHOLDER).filter((_, index) => index % 2 === 0));
  const known = [...literals, ...KNOWN_SUFFIXES].filter((literal) => /[\p{L}\p{N}]/u.test(literal));
  return [...new Set(known)].map((literal) => new RegExp(imitation(literal), 'u'));
}

/** One character of a suffix as it may be imitated. A bracket is imitation enough without the gap before it: `alice(IRC)`. */
function imitated(char: string, index: number, chars: readonly string[]): string {
  if (/\s/.test(char)) {
    const next = chars[index + 1];
    // At the end of a name the gap may be the template's.
    if (next === undefined) return `(?:${GAP}+|$)`;
    return OPENING.test(next) ? '' : `${GAP}+`;
  }
  if (OPENING.test(char)) return `${GAP}*${OPEN}${GAP}*`;
  if (CLOSING.test(char)) return `${GAP}*${CLOSE}`;
  return escapeRegex(plainLetter(char));
}

const imitation = (literal: string): string => [...literal].map(imitated).join('');

const OPENING = /[\p{Ps}\p{Pi}<"']/u;
const CLOSING = /[\p{Pe}\p{Pf}>]/u;
const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

function start(text: string, most: number): string {
  const chars = [...text];
  return chars.length <= most
    ? text
    : `${chars
        .slice(0, most - 1)
        .join('')
        .trimEnd()}${TAKEN_OUT}`;
}

function end(text: string, most: number): string {
  const chars = [...text];
  return chars.length <= most ? text : `${TAKEN_OUT}${chars.slice(1 - most).join('')}`;
}
