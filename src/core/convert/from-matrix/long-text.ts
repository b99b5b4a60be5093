import type { KeyedEffect, MatrixEvent, MessageStyle } from '../../events.ts';
import { splitText } from '../../irc/split.ts';
import { sharePage } from '../../pages.ts';
import { formattingAfter, isPlainState, PLAIN } from '../../text/irc-formatting.ts';
import { type Relation, say } from './say.ts';
import type { MatrixView } from './view.ts';

/** Lines of one message in a channel without multi-line messages, where the mapping says nothing. */
const MAX_LINES = 3;
/** What a line of IRC holds, roughly; a paragraph without line ends counts by it. */
const LINE_BYTES = 400;
const FIRST_BYTES = 300;

/** What somebody wrote, in both forms. */
export type Written = {
  /** As lines of IRC, with codes. */
  readonly lines: readonly string[];
  /** As it was written, plain. */
  readonly plain: string;
};

/**
 * Text of any length: whole where the server takes messages of several lines, else as few lines as people of a channel bear, else its
 * beginning and a link to the whole of it.
 */
export function sayText(
  event: MatrixEvent,
  view: MatrixView,
  style: MessageStyle,
  written: Written,
  relation: Relation,
): KeyedEffect[] {
  const { lines } = written;
  const { multiline, maxLines = MAX_LINES } = view;
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  const isChange = relation.edits !== undefined;
  const takesLines = multiline !== undefined && style !== 'action';
  const isShort = takesLines
    ? lines.length <= multiline.maxLines && bytes <= multiline.maxBytes
    : lines.length <= maxLines && bytes <= maxLines * LINE_BYTES;
  if (!isShort && !isChange && view.pages !== undefined) {
    const page = sharePage(event, view.pages, { kind: 'text', text: written.plain });
    return [page.effect, ...say(event, view, style, [beginning(lines, page.url)], relation)];
  }
  return say(event, view, style, takesLines && isShort && lines.length > 1 ? [lines.join('\n')] : lines, relation);
}

function beginning(lines: readonly string[], url: string): string {
  const [first = ''] = splitText(lines[0] ?? '', FIRST_BYTES);
  const isPlain = isPlainState(formattingAfter(PLAIN, first, 0, first.length));
  const more = lines.length - 1;
  const rest = more === 0 ? 'the whole text' : more === 1 ? '1 more line' : `${more} more lines`;
  return `${first}${isPlain ? '' : '\x0f'} … (${rest}) ${url}`;
}
