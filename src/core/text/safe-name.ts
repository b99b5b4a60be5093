/**
 * A name as it may be shown to people, made from one that somebody chose freely. The raw name stays the identity; this
 * one only must not mislead: no text that turns the reading direction, hides, or drowns the line in marks.
 * Source: Unicode UTS #39 §5, UTR #36; Ergo's history of look-alike names.
 */
export const MAX_NAME_CODE_POINTS = 60;

const MAX_MARKS_PER_BASE = 3;

/** Spaces of all kinds, the blank Braille pattern, and controls that separate. */
const SPACES = /[\p{White_Space}\u2800]+/gu;
/**
 * Everything that is there without being seen: controls, bidirectional marks, zero-width and joining characters,
 * variation selectors, tag characters, fillers (Default_Ignorable_Code_Point covers these), lone surrogates,
 * interlinear marks.
 */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
/** What makes one picture of several: kept, or families and hearts fall apart. */
const EMOJI_SEQUENCE =
  /\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?(?:\u200d\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)*/gu;
const MANY_MARKS = new RegExp(`(\\p{M}{${MAX_MARKS_PER_BASE}})\\p{M}+`, 'gu');

/**
 * @param fallback for a name of which nothing is left; shown as it is
 * @returns NFC, one line, at most {@link MAX_NAME_CODE_POINTS} code points
 */
export function safeName(name: string, fallback: string): string {
  // A bound before the work: names of a megabyte exist.
  const spaced = name.slice(0, 1000).normalize('NFC').replace(SPACES, ' ');
  // Once more spaces afterwards: what stood between two of them may have been invisible.
  const visible = keepingEmoji(spaced, (text) => text.replace(INVISIBLE, ''))
    .replace(MANY_MARKS, '$1')
    .replace(SPACES, ' ');
  const cut = [...visible.trim()].slice(0, MAX_NAME_CODE_POINTS).join('');
  // Marks alone would sit on whatever stands before the name.
  const clean = cut.replace(/^(?:\p{M}|\u200d|\s)+/u, '').replace(/(?:\u200d|\s)+$/u, '');
  return clean === '' ? fallback : clean;
}

/** Applies `change` to what lies between emoji, and leaves those alone. */
export function keepingEmoji(text: string, change: (part: string) => string): string {
  let out = '';
  let at = 0;
  for (const emoji of text.matchAll(EMOJI_SEQUENCE)) {
    out += change(text.slice(at, emoji.index)) + emoji[0];
    at = emoji.index + emoji[0].length;
  }
  return out + change(text.slice(at));
}
