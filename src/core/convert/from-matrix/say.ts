import type { KeyedEffect, MatrixEvent, MessageStyle } from '../../events.ts';
import type { MatrixView } from './view.ts';

/** Most lines of one message: more would keep everybody else's waiting for hours on a server that paces its clients. */
const MAX_LINES = 300;

/** What lines of one event belong to; see {@link relationOf}. */
export type Relation = { readonly replyTo?: string; readonly thread?: string; readonly edits?: string };

/** One effect per line. Of several, the first one answers. A changed text is one effect: what of it is said shows when it goes out. */
export function say(
  event: MatrixEvent,
  view: MatrixView,
  style: MessageStyle,
  lines: readonly string[],
  relation: Relation = {},
): KeyedEffect[] {
  const { network, channel } = view;
  const { replyTo: _, ...place } = relation;
  const whole = relation.edits !== undefined && lines.length > 0;
  const bounded = lines.slice(0, MAX_LINES);
  const said: KeyedEffect[] = (whole ? [bounded.join('\n')] : bounded).map((line, index) => ({
    key: index === 0 ? event.event_id : `${event.event_id}#${index}`,
    effect: {
      op: 'network.say',
      network,
      channel,
      room: event.room_id,
      userId: event.sender,
      style,
      line,
      eventId: event.event_id,
      ...(index === 0 ? relation : place),
    },
  }));
  return lines.length > MAX_LINES && !whole ? [...said, cutNotice(event, view, lines.length)] : said;
}

const cutNotice = (event: MatrixEvent, view: MatrixView, lines: number): KeyedEffect => ({
  key: `cut|${event.event_id}`,
  effect: {
    op: 'matrix.notice',
    room: event.room_id,
    body: `Only the first ${MAX_LINES} of ${lines} lines of this message are delivered to ${view.channel}. Send what is longer as a file.`,
    replyTo: { eventId: event.event_id, userId: event.sender },
    cause: `cut|${event.sender}`,
  },
});
