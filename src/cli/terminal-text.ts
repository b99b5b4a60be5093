/** What others named must not move the cursor of whoever reads it. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Text of a stranger on one line of a terminal. */
export const printable = (text: string): string => text.toWellFormed().replace(CONTROLS, '\ufffd');

/** Columns that a terminal gives to it. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}

/** Cut with an ellipsis where it is wider than that. */
export function fit(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let out = '';
  let used = 1;
  for (const { segment } of segmenter.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > columns) break;
    out += segment;
  }
  return `${out}…`;
}

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
export const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;

/** Broken at spaces to lines of at most so many columns; every line but the first begins with `indent`. */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  const [first = '', ...words] = text.split(' ');
  let line = first;
  for (const word of words) {
    if (columnsOf(`${line} ${word}`) > columns) {
      lines.push(line);
      line = indent + word;
    } else line = `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A duration in at most six columns: `8 ms`, `1.2 s`, `45 s`, `12 min`, `3 h`, `5 d`. */
export function duration(ms: number): string {
  const positive = Math.max(0, ms);
  if (positive < 999.5) return `${Math.round(positive)} ms`;
  if (positive < 9950) return `${(positive / 1000).toFixed(1)} s`;
  for (const [unit, length] of UNITS) if (positive >= length) return `${Math.floor(positive / length)} ${unit}`;
  return '0 s';
}

/** How long ago, to the second; `never` for null. */
export const ago = (atMs: number | null, nowMs: number): string =>
  atMs === null
    ? 'never'
    : nowMs - atMs < 1000
      ? 'now'
      : duration(Math.floor((nowMs - atMs) / 1000) * 1000).replace('.0', '');
