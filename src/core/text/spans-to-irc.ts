/** Writes spans as a line of IRC: the one place that makes formatting codes out of looks. */
import { contrast, legible, nearestCode, readableOn } from './colours.ts';
import { type Colour, changingCodes, type FormattingState, PLAIN } from './irc-formatting.ts';
import { spoilerLabel } from './irc-to-spans.ts';
import type { Looks, RichLine } from './spans.ts';
import { stripFormatting } from './strip.ts';

/** In the order in which a state holds them. */
const TOGGLES = [
  ['bold', '\x02'],
  ['code', '\x11'],
  ['italic', '\x1d'],
  ['strike', '\x1e'],
  ['underline', '\x1f'],
] as const satisfies readonly (readonly [keyof Looks, string])[];

const palette = (value: string): Colour => ({ kind: 'palette', value });
/** Black on black. */
const HIDDEN = palette('01');
/** Two colours closer than this cannot be told apart by everybody. */
const LEAST_PAIR = 2;

/**
 * @returns one line, which ends without formatting. It holds the visible text whole, without line ends and controls, and labels of
 * spoilers
 */
export function writeIrc(line: RichLine): string {
  let out = '';
  let state = PLAIN;
  for (const { text, looks } of line) {
    const clean = stripFormatting(text).replace(/[\n\t]/g, ' ');
    if (clean === '') continue;
    if (looks.spoiler !== undefined) {
      const label = spoilerLabel(
        looks.spoiler
          .replace(/[\p{Cc}[\]]/gu, '')
          .slice(0, 100)
          .trim(),
      );
      out += changingCodes(state, PLAIN, label) + label;
      state = PLAIN;
    }
    const next = stateOf(looks);
    out += changingCodes(state, next, clean) + clean;
    state = next;
  }
  return out + changingCodes(state, PLAIN, '');
}

function stateOf(looks: Looks): FormattingState {
  const toggles = TOGGLES.filter(([look]) => looks[look] === true)
    .map(([, code]) => code)
    .join('');
  if (looks.spoiler !== undefined) return { toggles, foreground: HIDDEN, background: HIDDEN };
  const { foreground, background } = looks;
  if (background !== undefined) {
    const ink = foreground !== undefined && contrast(foreground, background) >= LEAST_PAIR ? foreground : undefined;
    return pair(toggles, nearestCode(ink ?? readableOn(background)), nearestCode(background));
  }
  const readable = foreground === undefined ? undefined : legible(foreground);
  const ink = foreground === undefined || readable === undefined ? undefined : palette(nearestCode(foreground));
  return { toggles, foreground: ink, background: undefined };
}

/** Colours that differ may have one code, and would hide the text. */
const pair = (toggles: string, ink: string, paper: string): FormattingState => ({
  toggles,
  foreground: palette(ink === paper ? (paper === '01' || paper === '88' ? '00' : '01') : ink),
  background: palette(paper),
});
