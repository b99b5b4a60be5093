/**
 * Reads Matrix HTML into lines. Blocks become lines with ordinary marks (`> `, `• `, `1. `), links show where they lead, pictures are
 * their alternative text. Anybody writes this HTML: it is bounded in size, depth and pieces, and read in one pass.
 */
import { Parser } from 'htmlparser2';
import { BLOCKS, HIDDEN, hexColour, type Link, LOOKS_OF_TAG, linkOf, showsTarget } from './html-tags.ts';
import { LineBuilder } from './line-builder.ts';
import { type Looks, NO_LOOKS, type RichLine } from './spans.ts';

/** An event has at most 65,536 bytes. */
const MAX_CHARS = 65_536;
/** The specification lets clients stop at 100. */
const MAX_DEPTH = 100;
const MAX_PIECES = 20_000;
const MAX_REASON = 100;
/** Quotes and lists deeper than this are not indented further. */
const MAX_INDENT = 5;

type List = { readonly ordered: boolean; next: number };

/** One open tag, and what holds inside it. */
type Frame = {
  readonly name: string;
  readonly looks: Looks;
  readonly isHidden: boolean;
  readonly isPre: boolean;
  readonly quotes: number;
  readonly lists: number;
  readonly list: List | undefined;
  readonly link: Link | undefined;
  /** Text inside so far, of a link. */
  linkText: string;
};

const OUTSIDE: Frame = {
  name: '',
  looks: NO_LOOKS,
  isHidden: false,
  isPre: false,
  quotes: 0,
  lists: 0,
  list: undefined,
  link: undefined,
  linkText: '',
};

/** @returns lines that have something visible; undefined for HTML beyond all bounds, whose plain text is to be used */
export function readHtml(html: string): readonly RichLine[] | undefined {
  if (html.length > MAX_CHARS) return undefined;
  const reading = new Reading();
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        if (reading.open(name, attributes)) parser.pause();
      },
      onclosetag: () => reading.close(),
      ontext: (text) => {
        if (reading.text(text)) parser.pause();
      },
    },
    { decodeEntities: true },
  );
  parser.write(html);
  if (reading.isTooMuch) return undefined;
  parser.end();
  return reading.isTooMuch ? undefined : reading.lines();
}

class Reading {
  readonly #frames: Frame[] = [];
  readonly #builder = new LineBuilder();
  #pieces = 0;
  isTooMuch = false;

  /** @returns whether to stop */
  open(name: string, attributes: Readonly<Record<string, string>>): boolean {
    const outer = this.#frames.at(-1) ?? OUTSIDE;
    const frame = inside(outer, name, attributes);
    this.#frames.push(frame);
    if (!frame.isHidden) this.#begin(name, attributes, frame, outer);
    return this.#count(this.#frames.length > MAX_DEPTH);
  }

  #begin(name: string, attributes: Readonly<Record<string, string>>, frame: Frame, outer: Frame): void {
    if (BLOCKS.has(name)) this.#builder.endLine();
    if (name === 'br') this.#builder.endLine();
    if (name === 'hr') this.#add('———', frame);
    if (name === 'li') this.#builder.mark(bullet(outer.list));
    if (name === 'img') this.#add(attributes.alt || attributes.title || '', frame);
    if ((name === 'td' || name === 'th') && !this.#builder.isEmpty) this.#add(' | ', outer);
  }

  /** @returns whether to stop */
  text(text: string): boolean {
    const frame = this.#frames.at(-1) ?? OUTSIDE;
    if (!frame.isHidden) this.#add(text, frame);
    return this.#count(false);
  }

  close(): void {
    const frame = this.#frames.pop();
    if (frame === undefined || frame.isHidden) return;
    if (frame.name === 'a' && frame.link?.kind === 'url') this.#target(frame, frame.link.url);
    if (BLOCKS.has(frame.name)) this.#builder.endLine();
    if (frame.name === 'li') this.#builder.mark('');
  }

  lines(): readonly RichLine[] {
    return this.#builder.finish();
  }

  #add(text: string, frame: Frame): void {
    const { looks, isPre, quotes, lists } = frame;
    // Links do not nest, so there is at most one to tell.
    if (frame.link?.kind === 'url') this.#linkFrame().linkText += text;
    this.#builder.add(text, looks, { isPre, prefix: '> '.repeat(quotes), indent: '  '.repeat(Math.max(0, lists - 1)) });
  }

  #linkFrame(): Frame {
    return this.#frames.findLast(({ name }) => name === 'a') ?? OUTSIDE;
  }

  #target(frame: Frame, url: string): void {
    const outer = { ...frame, link: undefined };
    if (showsTarget(frame.linkText, url)) return;
    this.#add(frame.linkText.trim() === '' ? url : ` <${url}>`, outer);
  }

  #count(stop: boolean): boolean {
    this.isTooMuch ||= stop || ++this.#pieces > MAX_PIECES;
    return this.isTooMuch;
  }
}

function inside(outer: Frame, name: string, attributes: Readonly<Record<string, string>>): Frame {
  const link = name === 'a' ? linkOf(attributes.href) : outer.link;
  const isList = name === 'ul' || name === 'ol';
  const looks = { ...outer.looks, ...LOOKS_OF_TAG.get(name), ...colours(name, attributes) };
  return {
    name,
    looks: link?.kind === 'person' ? { ...looks, mention: link.userId } : looks,
    isHidden: outer.isHidden || HIDDEN.has(name),
    isPre: outer.isPre || name === 'pre',
    quotes: Math.min(MAX_INDENT, outer.quotes + (name === 'blockquote' ? 1 : 0)),
    lists: Math.min(MAX_INDENT, outer.lists + (isList ? 1 : 0)),
    list: isList ? { ordered: name === 'ol', next: startOf(attributes.start) } : outer.list,
    link,
    linkText: '',
  };
}

function colours(name: string, attributes: Readonly<Record<string, string>>): Looks {
  if (name !== 'span' && name !== 'font') return NO_LOOKS;
  const foreground = hexColour(attributes['data-mx-color'] ?? attributes.color);
  const background = hexColour(attributes['data-mx-bg-color']);
  const spoiler = attributes['data-mx-spoiler']?.replace(/\s+/g, ' ').trim().slice(0, MAX_REASON);
  return {
    ...(foreground === undefined ? {} : { foreground }),
    ...(background === undefined ? {} : { background }),
    ...(spoiler === undefined ? {} : { spoiler }),
  };
}

const startOf = (text: string | undefined): number => (/^\d{1,6}$/.test(text ?? '') ? Number(text) : 1);

const bullet = (list: List | undefined): string => (list?.ordered ? `${list.next++}. ` : '• ');
