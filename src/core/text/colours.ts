/**
 * Colours as both sides have them. IRC counts 0 to 98, of which the first sixteen look as each client likes; Matrix has any RGB. Nobody
 * knows whether a reader's window is light or dark, so a colour goes across only where it can be read on both.
 * Source: modern.ircdocs.horse/formatting (table of 16–98); WCAG 2.1 §1.4.3 (contrast).
 */
import type { Rgb } from './spans.ts';

/** The first sixteen as most clients paint them. */
const FIRST_SIXTEEN =
  'ffffff 000000 00007f 009300 ff0000 7f0000 9c009c fc7f00 ffff00 00fc00 009393 00ffff 0000fc ff00ff 7f7f7f d2d2d2';

const THE_OTHERS = `
  470000 472100 474700 324700 004700 00472c 004747 002747 000047 2e0047 470047 47002a
  740000 743a00 747400 517400 007400 007449 007474 004074 000074 4b0074 740074 740045
  b50000 b56300 b5b500 7db500 00b500 00b571 00b5b5 0063b5 0000b5 7500b5 b500b5 b5006b
  ff0000 ff8c00 ffff00 b2ff00 00ff00 00ffa0 00ffff 008cff 0000ff a500ff ff00ff ff0098
  ff5959 ffb459 ffff71 cfff60 6fff6f 65ffc9 6dffff 59b4ff 5959ff c459ff ff66ff ff59bc
  ff9c9c ffd39c ffff9c e2ff9c 9cff9c 9cffdb 9cffff 9cd3ff 9c9cff dc9cff ff9cff ff94d3
  000000 131313 282828 363636 4d4d4d 656565 818181 9f9f9f bcbcbc e2e2e2 ffffff`;

export const PALETTE: readonly Rgb[] = `${FIRST_SIXTEEN} ${THE_OTHERS}`.trim().split(/\s+/);

/** @param code two digits; 99 and what is beyond the table is the reader's own colour */
export const paletteColour = (code: string): Rgb | undefined => PALETTE[Number(code)];

type Channels = readonly [red: number, green: number, blue: number];

const channelAt = (rgb: Rgb, at: number): number => Number.parseInt(rgb.slice(at, at + 2), 16);
const channels = (rgb: Rgb): Channels => [channelAt(rgb, 0), channelAt(rgb, 2), channelAt(rgb, 4)];

const toLinear = (channel: number): number => {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};

const fromLinear = (part: number): number =>
  Math.round(255 * (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055));

function luminance(rgb: Rgb): number {
  const [red, green, blue] = channels(rgb);
  return 0.2126 * toLinear(red) + 0.7152 * toLinear(green) + 0.0722 * toLinear(blue);
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Backgrounds of Element; other clients lie between. */
export const LIGHT_WINDOW: Rgb = 'ffffff';
export const DARK_WINDOW: Rgb = '15191e';
export const LEAST_CONTRAST = 3;

/** A little inside of what the contrast asks for, since channels are whole numbers. */
const SAFE = 1.04;
const BRIGHTEST = (luminance(LIGHT_WINDOW) + 0.05) / (LEAST_CONTRAST * SAFE) - 0.05;
const DARKEST = (luminance(DARK_WINDOW) + 0.05) * LEAST_CONTRAST * SAFE - 0.05;

/** Channels closer than this make a grey. */
const LEAST_HUE = 0x30;

/**
 * The colour as it can be read on light and dark: darker or lighter where needed, the hue kept.
 * @returns undefined for black, white and greys that would vanish on one of them: people mean their own colour by these
 */
export function legible(rgb: Rgb): Rgb | undefined {
  const bright = luminance(rgb);
  if (bright >= DARKEST && bright <= BRIGHTEST) return rgb;
  const parts = channels(rgb);
  if (Math.max(...parts) - Math.min(...parts) < LEAST_HUE) return undefined;
  const share = bright > BRIGHTEST ? BRIGHTEST / bright : (DARKEST - bright) / (1 - bright);
  const change = (part: number): number => (bright > BRIGHTEST ? part * share : part + (1 - part) * share);
  return parts.map((part) => hexByte(fromLinear(change(toLinear(part))))).join('');
}

const hexByte = (value: number): string => value.toString(16).padStart(2, '0');

const LEGIBLE_PALETTE = PALETTE.map(legible);

/** The code whose colour is this one, or is painted most like it: two digits. */
export function nearestCode(rgb: Rgb): string {
  const exact = PALETTE.indexOf(rgb);
  const seen = exact >= 0 ? -1 : LEGIBLE_PALETTE.indexOf(rgb);
  return String(exact >= 0 ? exact : seen >= 0 ? seen : nearest(rgb)).padStart(2, '0');
}

function nearest(rgb: Rgb): number {
  const [red, green, blue] = channels(rgb);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [code, colour] of PALETTE.entries()) {
    const [r, g, b] = channels(colour);
    // The eye sees green best and blue least.
    const distance = 3 * (r - red) ** 2 + 6 * (g - green) ** 2 + (b - blue) ** 2;
    if (distance < least) [best, least] = [code, distance];
  }
  return best;
}

/** Black or white, whichever can be read on this background. */
export const readableOn = (background: Rgb): Rgb =>
  contrast('ffffff', background) >= contrast('000000', background) ? 'ffffff' : '000000';
