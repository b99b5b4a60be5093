/** What each tag of Matrix HTML means for a line of text. Source: Matrix 1.12, permitted tags; clients send others too. */
import type { Looks, Rgb } from './spans.ts';

/** Tags that only change how their text looks. */
export const LOOKS_OF_TAG: ReadonlyMap<string, Looks> = new Map<string, Looks>([
  ['b', { bold: true }],
  ['strong', { bold: true }],
  ['th', { bold: true }],
  ['summary', { bold: true }],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((heading): [string, Looks] => [heading, { bold: true }]),
  ['i', { italic: true }],
  ['em', { italic: true }],
  ['u', { underline: true }],
  ['ins', { underline: true }],
  ['s', { strike: true }],
  ['del', { strike: true }],
  ['strike', { strike: true }],
  ['code', { code: true }],
  ['tt', { code: true }],
  ['kbd', { code: true }],
  ['samp', { code: true }],
  ['pre', { code: true }],
]);

/** Tags before and behind which a line ends. */
export const BLOCKS: ReadonlySet<string> = new Set(
  'p div h1 h2 h3 h4 h5 h6 ul ol li blockquote pre hr table caption thead tbody tr details summary dl dt dd section article'.split(
    ' ',
  ),
);

/** Tags whose content nobody is to see; `mx-reply` quotes what is answered, which its reader may not have seen. */
export const HIDDEN: ReadonlySet<string> = new Set(
  'mx-reply script style title head textarea iframe object template noscript svg math audio video select'.split(' '),
);

/** `#abc` and `#aabbcc`. @returns undefined for anything else */
export function hexColour(text: string | undefined): Rgb | undefined {
  const digits = /^#([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text?.trim() ?? '')?.[1]?.toLowerCase();
  return digits?.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
}

/** What a link is to a reader of IRC. */
export type Link =
  | { readonly kind: 'person'; readonly userId: string }
  /** Its text says it all, or it leads nowhere that a reader could follow. */
  | { readonly kind: 'none' }
  | { readonly kind: 'url'; readonly url: string };

const FOLLOWED = /^(?:https?|ftps?|mailto|tel|geo|magnet|xmpp|ircs?|matrix):/i;
const MAX_URL = 2_000;
const MATRIX_TO = /^https?:\/\/matrix\.to\/#\/([^/?]+)(\/)?/i;
const NONE: Link = { kind: 'none' };

export function linkOf(href: string | undefined): Link {
  const url = (href ?? '').trim().replace(/[\p{Cc}\p{Cs}]/gu, '');
  if (!FOLLOWED.test(url) || url.length > MAX_URL) return NONE;
  const pill = MATRIX_TO.exec(url);
  const id = pill === null ? matrixUri(url) : decoded(pill[1] ?? '');
  if (id?.startsWith('@') && id.includes(':')) return { kind: 'person', userId: id.slice(0, 255) };
  // A room by its alias: the text of such a link is the alias.
  if (id?.startsWith('#') && pill?.[2] === undefined) return NONE;
  return { kind: 'url', url: url.replace(/[\s<>]/g, (char) => encodeURIComponent(char)) };
}

/** `matrix:u/alice:example.org` (Matrix 1.2) */
const matrixUri = (url: string): string | undefined => {
  const [, kind, id] = /^matrix:(u|r)\/([^/?]+)/i.exec(url) ?? [];
  return id === undefined ? undefined : `${kind?.toLowerCase() === 'u' ? '@' : '#'}${decoded(id)}`;
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a link's text already shows where it leads. */
export const showsTarget = (text: string, url: string): boolean => bare(text) === bare(url);

const bare = (url: string): string =>
  url
    .trim()
    .replace(/^(?:https?:\/\/|mailto:|tel:)/i, '')
    .replace(/\/$/, '')
    .toLowerCase();
