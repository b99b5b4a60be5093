/** Writes spans as Matrix HTML: the one place that makes markup. Source: Matrix 1.12, "m.room.message msgtypes", permitted tags. */
import { contrast, legible, readableOn } from './colours.ts';
import type { Looks, RichLine } from './spans.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Nothing in the text is markup afterwards, in content as in attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');

/** Controls, and what is no Unicode: no client shows them, and some homeservers refuse them. */
const UNSHOWABLE = /[\p{Cc}\p{Cs}]/gu;

const NBSP = '\u00a0';

/** What HTML would swallow of spaces is written as spaces that stay. @param after a space, or the start of a line */
const keepingSpaces = (text: string, after: boolean): string =>
  text.replace(/ +/g, (run, at: number) => NBSP.repeat(run.length - 1) + (after && at === 0 ? NBSP : ' '));

/** As clients write it: some look for `@` and `:` as they are. */
const matrixTo = (id: string): string =>
  `https://matrix.to/#/${encodeURIComponent(id).replaceAll('%40', '@').replaceAll('%3A', ':')}`;

type Tag = { readonly open: string; readonly close: string };
const tag = (name: string, attributes = ''): Tag => ({ open: `<${name}${attributes}>`, close: `</${name}>` });

/** The tags of a look, outermost first. */
function tagsOf(looks: Looks): Tag[] {
  const tags: Tag[] = [];
  if (looks.spoiler !== undefined)
    tags.push(
      tag('span', looks.spoiler === '' ? ' data-mx-spoiler' : ` data-mx-spoiler="${attribute(looks.spoiler)}"`),
    );
  if (looks.mention !== undefined) tags.push(tag('a', ` href="${attribute(matrixTo(looks.mention))}"`));
  const colours = looks.spoiler === undefined ? colourTag(looks) : undefined;
  if (colours !== undefined) tags.push(colours);
  if (looks.bold) tags.push(tag('strong'));
  if (looks.italic) tags.push(tag('em'));
  if (looks.underline) tags.push(tag('u'));
  if (looks.strike) tags.push(tag('del'));
  if (looks.code) tags.push(tag('code'));
  return tags;
}

const attribute = (text: string): string => escapeHtml(text.replace(UNSHOWABLE, ''));

const LEAST_PAIR = 2;

function colourTag({ foreground, background }: Looks): Tag | undefined {
  if (background !== undefined) {
    const ink = foreground !== undefined && contrast(foreground, background) >= LEAST_PAIR ? foreground : undefined;
    return tag('span', ` data-mx-color="#${ink ?? readableOn(background)}" data-mx-bg-color="#${background}"`);
  }
  const ink = foreground === undefined ? undefined : legible(foreground);
  return ink === undefined ? undefined : tag('span', ` data-mx-color="#${ink}"`);
}

/** Tags that two neighbours share stay open between them. */
function writeLine(line: RichLine): string {
  let out = '';
  let open: Tag[] = [];
  let afterSpace = true;
  for (const span of line) {
    const tags = tagsOf(span.looks);
    const kept = sharedStart(open, tags);
    out += closing(open.slice(kept));
    for (const { open: text } of tags.slice(kept)) out += text;
    open = tags;
    const text = span.text.replace(UNSHOWABLE, '');
    out += escapeHtml(keepingSpaces(text, afterSpace));
    if (text !== '') afterSpace = text.endsWith(' ');
  }
  return out + closing(open);
}

const closing = (tags: readonly Tag[]): string =>
  tags
    .map(({ close }) => close)
    .reverse()
    .join('');

function sharedStart(a: readonly Tag[], b: readonly Tag[]): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at]?.open === b[at]?.open) at++;
  return at;
}

/** @returns custom HTML, a break between lines */
export const writeHtml = (lines: readonly RichLine[]): string => lines.map(writeLine).join('<br>');
