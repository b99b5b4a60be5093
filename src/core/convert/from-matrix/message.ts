import type { MessageStyle } from '../../events.ts';
import { describe } from './lines.ts';
import { relationOf } from './relation.ts';
import { saidLines } from './said-lines.ts';
import { say } from './say.ts';
import { type MatrixConverter, objectIn } from './view.ts';

const STYLES: ReadonlyMap<unknown, MessageStyle> = new Map([
  ['m.text', 'text'],
  ['m.emote', 'action'],
  ['m.notice', 'notice'],
]);

/** What people see of kinds of messages that a channel cannot show. */
const DESCRIPTIONS: ReadonlyMap<unknown, string> = new Map([
  ['m.image', 'sent a picture'],
  ['m.video', 'sent a video'],
  ['m.audio', 'sent a recording'],
  ['m.file', 'sent a file'],
  ['m.location', 'shared a place'],
]);

export const message: MatrixConverter = (event, view) => {
  if (event.state_key !== undefined) return [];
  const relation = relationOf(event.content);
  // What an edit says stands in its new content; its body is for clients that know no edits, and begins with `* `.
  const content = relation.edits === undefined ? event.content : objectIn(event.content['m.new_content']);
  const { msgtype, body } = content;
  if (typeof body !== 'string') return [];
  const style = STYLES.get(msgtype);
  if (style !== undefined) return say(event, view, style, saidLines(content, body, view), relation);
  return say(
    event,
    view,
    'action',
    [describe(DESCRIPTIONS.get(msgtype) ?? 'sent something that IRC cannot show', body)],
    relation,
  );
};
