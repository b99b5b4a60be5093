import { readHtml } from '../../text/html-to-spans.ts';
import { pushSpan, type RichLine, type Span } from '../../text/spans.ts';
import { writeIrc } from '../../text/spans-to-irc.ts';
import { linesOf } from './lines.ts';
import { withoutReplyFallback } from './relation.ts';
import { type MatrixView, objectIn } from './view.ts';

/** Names in a plain body that are told by their whole ids. */
const MAX_IDS = 20;

/** What a message says, as lines of IRC with their codes: its HTML, where there is some that can be read, else its plain text. */
export function saidLines(content: Readonly<Record<string, unknown>>, body: string, view: MatrixView): string[] {
  const { format, formatted_body: html } = content;
  if (format === 'org.matrix.custom.html' && typeof html === 'string') {
    const rich = readHtml(html);
    if (rich !== undefined && rich.length > 0) return rich.map((line) => writeIrc(calledByNick(line, view)));
  }
  const lines = linesOf(withoutReplyFallback(content, body));
  return lines.map((line) => withoutIds(line, content, view)).filter((line) => line.trim() !== '');
}

/** People are called by what they are called on the network, so that it rings there. */
function calledByNick(line: RichLine, { nickOf }: MatrixView): RichLine {
  if (!line.some(({ looks }) => looks.mention !== undefined)) return line;
  const named: Span[] = [];
  for (const { text, looks } of line) {
    const { mention, ...others } = looks;
    pushSpan(named, (mention === undefined ? undefined : nickOf?.(mention)) ?? withoutAt(text, mention), others);
  }
  return named;
}

/** Clients write people as `@Alice`; there `@` is an operator. */
const withoutAt = (text: string, mention: string | undefined): string =>
  mention !== undefined && text.startsWith('@') && text !== mention ? text.slice(1) : text;

function withoutIds(line: string, content: Readonly<Record<string, unknown>>, { nickOf }: MatrixView): string {
  if (nickOf === undefined || !line.includes('@')) return line;
  const { user_ids: ids } = objectIn(content['m.mentions']);
  if (!Array.isArray(ids)) return line;
  return ids.slice(0, MAX_IDS).reduce((text: string, id: unknown) => {
    const nick = typeof id === 'string' && text.includes(id) ? nickOf(id) : undefined;
    return nick === undefined ? text : text.replaceAll(String(id), () => nick);
  }, line);
}
