import type { KeyedEffect, MatrixEvent, MessageStyle, NetworkMedia } from '../../events.ts';
import { describe } from './lines.ts';
import { sayText, type Written } from './long-text.ts';
import { type MediaLine, mediaLine } from './media-line.ts';
import { placeLine } from './place.ts';
import { relationOf, withoutReplyFallback } from './relation.ts';
import { saidLines } from './said-lines.ts';
import { say } from './say.ts';
import { type MatrixConverter, type MatrixView, objectIn } from './view.ts';

const STYLES: ReadonlyMap<unknown, MessageStyle> = new Map([
  ['m.text', 'text'],
  ['m.emote', 'action'],
  ['m.notice', 'notice'],
]);

/** Between two clients; nobody else is to read it. */
const NOT_FOR_PEOPLE: ReadonlySet<unknown> = new Set(['m.key.verification.request']);

export const message: MatrixConverter = (event, view) => {
  if (event.state_key !== undefined) return [];
  const relation = relationOf(event.content);
  // What an edit says stands in its new content; its body is for clients that know no edits, and begins with `* `.
  const content = relation.edits === undefined ? event.content : objectIn(event.content['m.new_content']);
  const { msgtype, body } = content;
  if (typeof body !== 'string' || NOT_FOR_PEOPLE.has(msgtype)) return [];
  const style = STYLES.get(msgtype);
  if (style !== undefined) return sayText(event, view, style, written(content, body, view), relation);
  const file = mediaLine(event, content, view.pages);
  if (file !== undefined) return media(event, view, content, file);
  const line =
    msgtype === 'm.location' ? placeLine(content, view.mapUrl) : describe('sent something that IRC cannot show', body);
  return say(event, view, 'action', [line], relation);
};

const written = (content: MatrixEvent['content'], body: string, view: MatrixView): Written => ({
  lines: saidLines(content, body, view),
  plain: withoutReplyFallback(content, body),
});

/** What was written beside a file is said first, as text; then that the file is there. Only what was written can change. */
function media(
  event: MatrixEvent,
  view: MatrixView,
  content: MatrixEvent['content'],
  { caption, action, page, media: file }: MediaLine,
): KeyedEffect[] {
  const relation = relationOf(event.content);
  if (relation.edits !== undefined)
    return caption === undefined ? [] : say(event, view, 'text', saidLines(content, caption, view), relation);
  const share = page === undefined ? [] : [page.effect];
  const about = aboutFile(file);
  if (caption === undefined) return [...share, ...say(event, view, 'action', [action], relation).map(about)];
  const said = say(event, view, 'text', saidLines(content, caption, view), relation);
  const link = say(event, view, 'action', [action]).map(({ effect }) => ({ key: `${event.event_id}#file`, effect }));
  return [...share, ...said, ...link.map(about)];
}

const aboutFile =
  (media: NetworkMedia | undefined) =>
  ({ key, effect }: KeyedEffect): KeyedEffect =>
    media === undefined || effect.op !== 'network.say' ? { key, effect } : { key, effect: { ...effect, media } };
