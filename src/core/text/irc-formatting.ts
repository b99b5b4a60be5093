/**
 * Which IRC formatting is on at some point of a line, so that a line cut there can go on looking the same.
 * Source: modern.ircdocs.horse/formatting.
 */
export type FormattingState = {
  /** Toggle codes that are on, each once, in {@link TOGGLES} order. */
  readonly toggles: string;
  readonly foreground: Colour | undefined;
  readonly background: Colour | undefined;
};

/** Two digits of the palette, or six hex digits. */
export type Colour = { readonly kind: 'palette' | 'hex'; readonly value: string };

export const PLAIN: FormattingState = { toggles: '', foreground: undefined, background: undefined };

/** Bold, monospace, reverse, italic, strike, underline. */
const TOGGLES = '\x02\x11\x16\x1d\x1e\x1f';
const RESET = '\x0f';

/**
 * One formatting code with its arguments; sticky. Groups: palette foreground, background; hex foreground, background.
 * A comma belongs to a code only when a background follows it.
 */
const CODE =
  /[\x02\x0f\x11\x16\x1d\x1e\x1f]|\x03(?:([0-9]{1,2})(?:,([0-9]{1,2}))?)?|\x04(?:([0-9A-Fa-f]{6})(?:,([0-9A-Fa-f]{6}))?)?/y;

/** The formatting code that starts exactly at `at`, whole, or the empty text. */
export function codeAt(text: string, at: number): string {
  CODE.lastIndex = at;
  return CODE.exec(text)?.[0] ?? '';
}

/** The text with every character of a code made a control character, so that nothing clings to it; same length. */
export const maskCodes = (text: string): string =>
  text.replace(new RegExp(CODE.source, 'g'), (code) => '\x02'.repeat(code.length));

/** The formatting after `text[from..to)`, of which no code may reach over `to`. */
export function formattingAfter(state: FormattingState, text: string, from: number, to: number): FormattingState {
  let next = state;
  for (let at = from; at < to; at++) {
    if (text.charCodeAt(at) >= 0x20) continue;
    CODE.lastIndex = at;
    const match = CODE.exec(text);
    if (match === null) continue;
    next = applyCode(next, match);
    at += match[0].length - 1;
  }
  return next;
}

function applyCode(state: FormattingState, match: RegExpExecArray): FormattingState {
  const [code, paletteFg, paletteBg, hexFg, hexBg] = match;
  const letter = code.charAt(0);
  if (letter === RESET) return PLAIN;
  if (TOGGLES.includes(letter)) {
    const flipped = [...TOGGLES].filter((toggle) => state.toggles.includes(toggle) !== (toggle === letter));
    return { ...state, toggles: flipped.join('') };
  }
  const foreground = letter === '\x03' ? palette(paletteFg) : hex(hexFg);
  if (foreground === undefined) return { ...state, foreground: undefined, background: undefined };
  // A foreground alone leaves the background as it is.
  const background = (letter === '\x03' ? palette(paletteBg) : hex(hexBg)) ?? state.background;
  return { ...state, foreground, background };
}

const palette = (digits: string | undefined): Colour | undefined =>
  digits === undefined ? undefined : { kind: 'palette', value: digits.padStart(2, '0') };

const hex = (digits: string | undefined): Colour | undefined =>
  digits === undefined ? undefined : { kind: 'hex', value: digits };

/**
 * Codes that bring a plain line into this state before `following`. Where that text would be read as more of a colour
 * code (`,5`), bold on and off stand between: the usual invisible fence.
 */
export function openingCodes(state: FormattingState, following: string): string {
  const fence = swallowsComma(state) && following.startsWith(',') ? FENCE : '';
  return `${state.toggles}${openingColours(state)}${fence}`;
}

const FENCE = '\x02\x02';

/** Codes that bring a line from one state into another before `following`; as few as it takes. */
export function changingCodes(from: FormattingState, to: FormattingState, following: string): string {
  const coloured = from.foreground !== undefined || from.background !== undefined;
  if (coloured && isPlainState(to)) return RESET;
  const toggles = [...TOGGLES]
    .filter((toggle) => from.toggles.includes(toggle) !== to.toggles.includes(toggle))
    .join('');
  if (sameColours(from, to)) return toggles;
  // A bare colour code takes both away, and would swallow digits and, in some clients, a comma behind it.
  const losesSome = from.background !== undefined && to.background === undefined;
  if (to.foreground === undefined && to.background === undefined)
    return `${toggles}\x03${/^[0-9,]/.test(following) ? FENCE : ''}`;
  return `${toggles}${losesSome ? '\x03' : ''}${openingCodes({ ...to, toggles: '' }, following)}`;
}

/** Whether nothing is on. */
export const isPlainState = (state: FormattingState): boolean => state.toggles === '' && sameColours(state, PLAIN);

const sameColours = (a: FormattingState, b: FormattingState): boolean =>
  sameColour(a.foreground, b.foreground) && sameColour(a.background, b.background);

const sameColour = (a: Colour | undefined, b: Colour | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.kind === b.kind && a.value === b.value);

/** Digits are always written in full, so only a comma could be taken for more, after a foreground written alone. */
const swallowsComma = ({ foreground, background }: FormattingState): boolean =>
  foreground !== undefined && background?.kind !== foreground.kind;

function openingColours({ foreground, background }: FormattingState): string {
  if (foreground === undefined) return '';
  if (background === undefined) return colourCode(foreground);
  if (foreground.kind === background.kind) return `${colourCode(foreground)},${background.value}`;
  // A background cannot be set alone: any foreground of its own kind goes first, and the true one replaces it.
  const anyForeground: Colour = { kind: background.kind, value: background.kind === 'palette' ? '99' : '000000' };
  return `${colourCode(anyForeground)},${background.value}${colourCode(foreground)}`;
}

const colourCode = ({ kind, value }: Colour): string => `${kind === 'palette' ? '\x03' : '\x04'}${value}`;
