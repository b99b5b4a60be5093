import type { KeyedEffect, MatrixEvent, MessageStyle } from '../../events.ts';
import { describe, linesOf } from './lines.ts';
import { type MediaLine, mediaLine } from './media-line.ts';
import { relationOf, withoutReplyFallback } from './relation.ts';
import { saidLines } from './said-lines.ts';
import { say } from './say.ts';
import { type MatrixConverter, type MatrixView, objectIn } from './view.ts';

const STYLES: ReadonlyMap<unknown, MessageStyle> = new Map([
  ['m.text', 'text'],
  ['m.emote', 'action'],
  ['m.notice', 'notice'],
]);

/** What people see of kinds of messages that a channel cannot show. */
const DESCRIPTIONS: ReadonlyMap<unknown, string> = new Map([['m.location', 'shared a place']]);

export const message: MatrixConverter = (event, view) => {
  if (event.state_key !== undefined) return [];
  const relation = relationOf(event.content);
  // What an edit says stands in its new content; its body is for clients that know no edits, and begins with `* `.
  const content = relation.edits === undefined ? event.content : objectIn(event.content['m.new_content']);
  const { msgtype, body } = content;
  if (typeof body !== 'string') return [];
  const style = STYLES.get(msgtype);
  if (style !== undefined) return say(event, view, style, saidLines(content, body, view), relation);
  const file = mediaLine(event, content, view.pages);
  if (file !== undefined) return media(event, view, content, file);
  return say(
    event,
    view,
    'action',
    [describe(DESCRIPTIONS.get(msgtype) ?? 'sent something that IRC cannot show', body)],
    relation,
  );
};

/** What was written beside a file is said first, as text; then that the file is there. */
function media(
  event: MatrixEvent,
  view: MatrixView,
  content: MatrixEvent['content'],
  { caption, action, page }: MediaLine,
): KeyedEffect[] {
  const relation = relationOf(event.content);
  const share = page === undefined ? [] : [page.effect];
  if (caption === undefined) return [...share, ...say(event, view, 'action', [action], relation)];
  const said = say(event, view, 'text', linesOf(withoutReplyFallback(content, caption)), relation);
  const file = say(event, view, 'action', [action]).map(({ effect }) => ({ key: `${event.event_id}#file`, effect }));
  return [...share, ...said, ...file];
}
