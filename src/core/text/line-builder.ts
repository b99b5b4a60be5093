import { type Looks, NO_LOOKS, plainText, pushSpan, type RichLine, type Span } from './spans.ts';

/** What stands before the text of a line. */
export type Margin = {
  /** White space counts as it is written. */
  readonly isPre: boolean;
  /** Of every line: `> `. */
  readonly prefix: string;
  readonly indent: string;
};

/** All but the tab, of which there is none outside `pre`. */
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Lines in the making: white space as HTML counts it, margins, the mark of a list's point on its first line. */
export class LineBuilder {
  readonly #lines: RichLine[] = [];
  #spans: Span[] = [];
  #mark = '';
  #hasPoint = false;
  #endsWithSpace = true;

  /** Whether the line has nothing yet. */
  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  /** The next line begins with this: a new point of a list; empty: the point is at its end. */
  mark(mark: string): void {
    this.#mark = mark;
    this.#hasPoint = mark !== '';
  }

  add(text: string, looks: Looks, margin: Margin): void {
    const parts = margin.isPre ? text.split(/\r\n|[\r\n]/) : [text.replace(/[ \t\r\n\f]+/g, ' ')];
    for (const [index, part] of parts.entries()) {
      if (index > 0) this.endLine();
      this.#push(part, looks, margin);
    }
  }

  #push(text: string, looks: Looks, margin: Margin): void {
    const shown = text.replace(CONTROLS, '');
    const trimmed = this.#endsWithSpace && !margin.isPre && shown.startsWith(' ') ? shown.slice(1) : shown;
    if (trimmed === '') return;
    if (this.isEmpty) this.#begin(margin);
    this.#endsWithSpace = trimmed.endsWith(' ');
    pushSpan(this.#spans, trimmed.replaceAll('\u00a0', ' '), looks);
  }

  #begin({ prefix, indent }: Margin): void {
    const continued = this.#hasPoint && this.#mark === '' ? '  ' : '';
    pushSpan(this.#spans, prefix + indent + continued + this.#mark, NO_LOOKS);
    this.#mark = '';
  }

  /** Lines that show nothing are left out: IRC has none. */
  endLine(): void {
    const line = withoutEnd(this.#spans);
    if (plainText(line).trim() !== '') this.#lines.push(line);
    this.#spans = [];
    this.#endsWithSpace = true;
  }

  finish(): readonly RichLine[] {
    this.endLine();
    return this.#lines;
  }
}

/** Without white space at its end. */
function withoutEnd(spans: readonly Span[]): RichLine {
  const end = spans.findLastIndex(({ text }) => text.trim() !== '') + 1;
  const last = spans[end - 1];
  return last === undefined ? [] : [...spans.slice(0, end - 1), { ...last, text: last.text.trimEnd() }];
}
