/**
 * Reads Markdown as people and programs of chats write it: bold, italic, struck out, code, links, headings, lists, quotes. What is none of
 * these is text. Source: CommonMark 0.31, of which tables, references, HTML and paragraphs of several lines are left out. Each line is
 * read in one pass, since anybody writes it.
 */
import { showsTarget } from './html-tags.ts';
import { type Looks, NO_LOOKS, pushSpan, type RichLine, type Span } from './spans.ts';

/** More than a message of freeq may have; what is longer stays as it was written. */
const MAX_CHARS = 65_536;

const FENCE = /^ {0,3}(`{3,}|~{3,})[^`]*$/;

/** @returns as many lines at most as were given; undefined beyond all bounds */
export function readMarkdown(lines: readonly string[]): readonly RichLine[] | undefined {
  if (lines.reduce((sum, line) => sum + line.length, 0) > MAX_CHARS) return undefined;
  const out: RichLine[] = [];
  let fence: string | undefined;
  for (const line of lines) {
    const mark = FENCE.exec(line)?.[1];
    if (fence === undefined && mark !== undefined) fence = mark;
    else if (fence !== undefined && mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
    else out.push(fence === undefined ? readBlock(line) : codeLine(line));
  }
  return out;
}

const codeLine = (text: string): RichLine => (text === '' ? [] : [{ text, looks: { code: true } }]);

const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/;
const HEADING = /^ {0,3}#{1,6} +(.*?)(?: +#+)? *$/;
/** Quotes, then the mark of a point. */
const MARGIN = /^((?: {0,3}> ?)*)(?:( *)[-*+] +(?=\S))?/;

function readBlock(line: string): RichLine {
  if (RULE.test(line)) return [{ text: '———', looks: NO_LOOKS }];
  const heading = HEADING.exec(line)?.[1];
  if (heading !== undefined) return readInline(heading, { bold: true });
  const [margin = '', quotes = '', indent] = MARGIN.exec(line) ?? [];
  const marks = '> '.repeat(quotes.split('>').length - 1) + (indent === undefined ? '' : `${indent}• `);
  return readInline(line.slice(margin.length), NO_LOOKS, marks);
}

type Look = 'bold' | 'italic' | 'strike';
const LOOK_OF_MARK: ReadonlyMap<string, Look> = new Map([
  ['**', 'bold'],
  ['__', 'bold'],
  ['*', 'italic'],
  ['_', 'italic'],
  ['~~', 'strike'],
]);

/** A mark counts only with its other half; until that is found it is text. */
type Piece = { readonly text: string; readonly code?: true; turns?: Look };

/** One of a code, an escape, a link, a run of marks: whatever begins here. Repetitions are bounded, and no two of them take the same. */
const CODE = /(`+)/y;
const ESCAPE = /\\([!-/:-@[-`{-~])/y;
const LINK = /!?\[([^[\]]{0,500})\]\(<?((?:[^\s<>()]|\([^\s<>()]{0,500}\)){1,2000})>?(?: +"[^"]{0,500}")?\)/y;
const MARKS = /\*+|_+|~+/y;
const TEXT = /[^\\`![*_~]+|./sy;

const at = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};

function readInline(text: string, looks: Looks, marks = ''): RichLine {
  const pieces: Piece[] = [];
  readPieces(text, pieces);
  const line: Span[] = [];
  pushSpan(line, marks, NO_LOOKS);
  const on = new Set<Look>();
  for (const { text: piece, code, turns } of pieces) {
    if (turns === undefined) pushSpan(line, piece, { ...looks, ...flags(on), ...(code && { code }) });
    else if (!on.delete(turns)) on.add(turns);
  }
  return line;
}

const flags = (on: ReadonlySet<Look>): Looks => Object.fromEntries([...on].map((look) => [look, true]));

function readPieces(text: string, pieces: Piece[]): void {
  const open = new OpenMarks(pieces);
  const closed = new CodeEnds(text);
  for (let index = 0; index < text.length; ) {
    const ticks = at(CODE, text, index)?.[0];
    const end = ticks === undefined ? undefined : closed.after(index + ticks.length, ticks.length);
    const escaped = at(ESCAPE, text, index);
    const link = at(LINK, text, index);
    const run = at(MARKS, text, index)?.[0];
    let taken = ticks ?? escaped?.[0] ?? link?.[0] ?? run ?? at(TEXT, text, index)?.[0] ?? '';
    if (ticks !== undefined && end !== undefined) {
      pieces.push({ text: unpadded(text.slice(index + ticks.length, end)), code: true });
      taken = text.slice(index, end + ticks.length);
    } else if (escaped !== null) pieces.push({ text: escaped[1] ?? '' });
    else if (link !== null) readLink(link[1] ?? '', link[2] ?? '', pieces);
    else if (run !== undefined) open.run(run, text.charAt(index - 1), text.charAt(index + run.length));
    else pieces.push({ text: taken });
    index += taken.length;
  }
}

/** The text of a link has its own marks, which reach no further than it does. There are no links in links. */
function readLink(label: string, url: string, pieces: Piece[]): void {
  readPieces(label, pieces);
  if (!showsTarget(label, url)) pieces.push({ text: label.trim() === '' ? url : ` <${url}>` });
}

/** Code that begins or ends with a tick has a blank there. */
const unpadded = (code: string): string => (/^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code);

/** Where runs of ticks stand, so that none is looked for twice. */
class CodeEnds {
  readonly #ends = new Map<number, number[]>();

  constructor(text: string) {
    for (const { 0: run, index } of text.matchAll(/`+/g)) {
      const ends = this.#ends.get(run.length) ?? [];
      ends.push(index);
      this.#ends.set(run.length, ends);
    }
  }

  /** @param from rises with each call */
  after(from: number, ticks: number): number | undefined {
    const ends = this.#ends.get(ticks) ?? [];
    while (ends[0] !== undefined && ends[0] < from) ends.shift();
    return ends[0];
  }
}

/** Marks that wait for their other half; at most one of each kind, so that a look through them costs nothing. */
class OpenMarks {
  readonly #pieces: Piece[];
  readonly #open: { readonly mark: string; readonly piece: Piece }[] = [];

  constructor(pieces: Piece[]) {
    this.#pieces = pieces;
  }

  /** @param before the character in front of a run of one sign @param after the one behind it; empty at the ends */
  run(run: string, before: string, after: string): void {
    const sign = run.charAt(0);
    const inWord = sign === '_' && isWord(before) && isWord(after);
    let closes = !inWord && /\S/.test(before);
    const opens = !inWord && /\S/.test(after);
    let left = run.length;
    while (left > 0) {
      const mark = (closes && this.#closing(sign, left)) || (opens && this.#opening(sign, left)) || sign.repeat(left);
      left -= mark.length;
      if (closes && this.#close(mark)) continue;
      this.#push(mark, opens);
      // There is nothing between the halves of `****`.
      closes = false;
    }
  }

  #closing(sign: string, left: number): string | undefined {
    const fits = this.#open.filter(({ mark }) => mark.startsWith(sign) && mark.length <= left);
    // `*a**`: two signs are no half of one.
    return fits.findLast(({ mark }) => mark.length === 2 || left !== 2)?.mark;
  }

  #opening(sign: string, left: number): string | undefined {
    const marks = [sign.repeat(Math.min(left, 2)), sign];
    return marks.find((mark) => LOOK_OF_MARK.has(mark) && !this.#open.some((each) => each.mark === mark));
  }

  #close(mark: string): boolean {
    const found = this.#open.findIndex((each) => each.mark === mark);
    const half = this.#open[found];
    const look = LOOK_OF_MARK.get(mark);
    if (half === undefined || look === undefined) return false;
    // What was opened in between has no other half: halves do not cross.
    this.#open.length = found;
    half.piece.turns = look;
    this.#pieces.push({ text: mark, turns: look });
    return true;
  }

  #push(mark: string, opens: boolean): void {
    const piece: Piece = { text: mark };
    this.#pieces.push(piece);
    if (opens && LOOK_OF_MARK.has(mark) && !this.#open.some((each) => each.mark === mark))
      this.#open.push({ mark, piece });
  }
}

const isWord = (char: string): boolean => /[\p{L}\p{N}]/u.test(char);
