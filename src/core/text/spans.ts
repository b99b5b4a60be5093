/**
 * Text with its looks, as neither side writes it: what IRC codes and Matrix HTML are both read into and written from. Blocks (lists,
 * quotes, code) have become lines with ordinary marks in front by then, since a line is all that IRC has.
 */

/** Six lower-case hex digits. */
export type Rgb = string;

export type Looks = {
  readonly bold?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly strike?: true;
  readonly code?: true;
  readonly foreground?: Rgb;
  readonly background?: Rgb;
  /** Hidden until asked for; the reason may be empty. */
  readonly spoiler?: string;
  /** User id of the person whom the text names. */
  readonly mention?: string;
};

/** A run of text that looks the same; without line ends and formatting codes. */
export type Span = { readonly text: string; readonly looks: Looks };

export type RichLine = readonly Span[];

export const NO_LOOKS: Looks = {};

const KEYS = [
  'bold',
  'italic',
  'underline',
  'strike',
  'code',
  'foreground',
  'background',
  'spoiler',
  'mention',
] as const satisfies readonly (keyof Looks)[];

const sameLooks = (a: Looks, b: Looks): boolean => a === b || KEYS.every((key) => a[key] === b[key]);

export const hasLooks = (line: RichLine): boolean =>
  line.some(({ looks }) => KEYS.some((key) => looks[key] !== undefined));

export const plainText = (line: RichLine): string => line.map(({ text }) => text).join('');

/** Puts a span behind others: empty ones vanish, and what looks the same is one (rainbows come as a span a letter). */
export function pushSpan(line: Span[], text: string, looks: Looks): void {
  if (text === '') return;
  const last = line.at(-1);
  if (last !== undefined && sameLooks(last.looks, looks)) line[line.length - 1] = { text: last.text + text, looks };
  else line.push({ text, looks });
}
