import { stripFormatting } from '../text/strip.ts';
import { codedLinesOf } from './from-matrix/lines.ts';

/** Older than this, a small change is of no use to anybody in a conversation. */
const FRESH_MS = 10 * 60_000;
/** Most characters and words of a change that is told as a change. */
const SMALL_CHARS = 40;
const SMALL_WORDS = 4;
/** Most lines that a correction says. */
const MAX_LINES = 3;
const DELIMITERS = ['/', '|', '#', '~'];

/**
 * What people of a network without edits are told about a changed text: the shortest form that is true. A few words as `s/old/new/`,
 * a larger change as the changed lines behind `* `, a change of case, blanks, punctuation or looks not at all.
 * @param ageMs how long ago the text was said
 * @returns lines; none where it is not worth a line
 */
export function correction(before: string, after: string, ageMs: number): readonly string[] {
  const [old, now] = [codedLinesOf(stripFormatting(before)), codedLinesOf(after)];
  const plain = now.map(stripFormatting);
  if (essence(old) === essence(plain)) return [];
  const { start, oldEnd, newEnd } = changed(old, plain);
  const [was, is] = [old.slice(start, oldEnd), plain.slice(start, newEnd)];
  const small = was.length === 1 && is.length <= 1 ? substitution(was[0] ?? '', is[0] ?? '') : undefined;
  if (small !== undefined) return ageMs < FRESH_MS ? [small] : [];
  // Lines that were only taken away: saying which would say them again.
  return now
    .slice(start, newEnd)
    .slice(0, MAX_LINES)
    .map((line) => `* ${line}`);
}

/** What is left of a text when everything goes that nobody corrects for another's sake. */
const essence = (lines: readonly string[]): string =>
  lines
    .join(' ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{S}]+/gu, '');

/** The stretch in which two lists differ. */
function changed(old: readonly string[], now: readonly string[]): { start: number; oldEnd: number; newEnd: number } {
  const most = Math.min(old.length, now.length);
  let start = 0;
  while (start < most && old[start] === now[start]) start++;
  let same = 0;
  while (same < most - start && old[old.length - 1 - same] === now[now.length - 1 - same]) same++;
  return { start, oldEnd: old.length - same, newEnd: now.length - same };
}

/** `s/old words/new words/`; undefined where the change is too large for that. A word beside it stands for a place. */
function substitution(before: string, after: string): string | undefined {
  const [old, now] = [wordsOf(before), wordsOf(after)];
  let { start, oldEnd, newEnd } = changed(old, now);
  if (oldEnd === start) {
    // Only put in: said with the word before it, else with the one behind it.
    if (start > 0) start--;
    else {
      oldEnd++;
      newEnd++;
    }
  }
  const [was, is] = [old.slice(start, oldEnd), now.slice(start, newEnd)];
  const [from, to] = [was.join(' '), is.join(' ')];
  const tooMuch = was.length > SMALL_WORDS || is.length > SMALL_WORDS || was.length === old.length;
  if (from === '' || (tooMuch && old.length > 1) || from.length > SMALL_CHARS || to.length > SMALL_CHARS)
    return undefined;
  const delimiter = DELIMITERS.find((char) => !from.includes(char) && !to.includes(char));
  return delimiter === undefined ? undefined : ['s', from, to, ''].join(delimiter);
}

const wordsOf = (line: string): string[] => line.split(/\s+/).filter((word) => word !== '');
