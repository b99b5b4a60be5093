/** Reads a line of IRC with its formatting codes. */
import { paletteColour, readableOn } from './colours.ts';
import { type Colour, codeAt, type FormattingState, formattingAfter, PLAIN } from './irc-formatting.ts';
import { type Looks, NO_LOOKS, pushSpan, type Rgb, type RichLine, type Span } from './spans.ts';
import { stripFormatting } from './strip.ts';

/** Whether a line has any code at all: most have none, and need no reading. */
export const hasFormatting = (line: string): boolean => /[\x02-\x04\x0f\x11\x16\x1d-\x1f]/.test(line);

const LETTERS: readonly (readonly [code: string, look: 'bold' | 'code' | 'italic' | 'strike' | 'underline'])[] = [
  ['\x02', 'bold'],
  ['\x11', 'code'],
  ['\x1d', 'italic'],
  ['\x1e', 'strike'],
  ['\x1f', 'underline'],
];
const REVERSE = '\x16';

/** @param line any text; its controls vanish, and nothing visible does */
export function readIrc(line: string): RichLine {
  const spans: Span[] = [];
  let state = PLAIN;
  let looks = NO_LOOKS;
  let from = 0;
  const push = (to: number): void =>
    pushSpan(spans, stripFormatting(line.slice(from, to)).replaceAll('\n', ' '), looks);
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at) < 0x20 ? codeAt(line, at) : '';
    if (code === '') continue;
    push(at);
    from = at + code.length;
    state = formattingAfter(state, line, at, from);
    looks = looksOf(state);
    at = from - 1;
  }
  push(line.length);
  return withoutLabels(spans);
}

function looksOf({ toggles, foreground, background }: FormattingState): Looks {
  const looks: { -readonly [key in keyof Looks]: Looks[key] } = {};
  for (const [code, look] of LETTERS) if (toggles.includes(code)) looks[look] = true;
  let [ink, paper] = [rgbOf(foreground), rgbOf(background)];
  // Hidden text is written in the colour of its background. Of a reader's own colours nobody knows whether they are the same.
  if (ink !== undefined && ink === paper) return { ...looks, spoiler: '' };
  if (toggles.includes(REVERSE)) [ink, paper] = [paper, ink];
  if (paper !== undefined) looks.background = paper;
  const shown = ink ?? (paper === undefined ? undefined : readableOn(paper));
  if (shown !== undefined) looks.foreground = shown;
  return looks;
}

const rgbOf = (colour: Colour | undefined): Rgb | undefined =>
  colour?.kind === 'hex' ? colour.value.toLowerCase() : colour && paletteColour(colour.value);

/** What {@link spoilerLabel} makes, at the end of a text. */
const LABEL = /\[spoiler(?:: ([^[\]]{1,100}))?\] $/;

/** Readers without colours see hidden text; so it has a label, which those who can hide it do not need. */
export const spoilerLabel = (reason: string): string => (reason === '' ? '[spoiler] ' : `[spoiler: ${reason}] `);

function withoutLabels(spans: readonly Span[]): RichLine {
  if (!spans.some(({ looks }) => looks.spoiler !== undefined)) return spans;
  const out: Span[] = [];
  for (const span of spans) {
    const before = out.at(-1);
    const label = span.looks.spoiler === undefined || before === undefined ? null : LABEL.exec(before.text.slice(-120));
    if (label === null || before === undefined) {
      pushSpan(out, span.text, span.looks);
      continue;
    }
    out.pop();
    pushSpan(out, before.text.slice(0, before.text.length - label[0].length), before.looks);
    pushSpan(out, span.text, { ...span.looks, spoiler: label[1] ?? '' });
  }
  return out;
}
