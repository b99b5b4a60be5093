import { readPresence } from '../core/presence.ts';
import type { MatrixSink } from '../ports/matrix.ts';
import { isObject } from './validate-event.ts';

const MAX_TYPING = 100;
/** Receipts of one event of `m.receipt`, whose keys are whatever people read. */
const MAX_RECEIPTS = 1_000;

type Content = Readonly<Record<string, unknown>>;

/** Tells the sink of an event that no room keeps: `m.typing`, `m.receipt`, `m.presence`; everything else is no news. */
export function readEphemeral(value: unknown, sink: MatrixSink, roomId?: string): void {
  if (!isObject(value) || !isObject(value.content)) return;
  const room = value.room_id ?? roomId;
  if (value.type === 'm.presence') tellPresence(value.sender ?? value.content.user_id, value.content, sink);
  else if (typeof room !== 'string' || !room.startsWith('!')) return;
  else if (value.type === 'm.typing') tellTyping(room, value.content, sink);
  else if (value.type === 'm.receipt') tellReceipts(room, value.content, sink);
}

function tellTyping(room: string, { user_ids: userIds }: Content, sink: MatrixSink): void {
  if (Array.isArray(userIds)) sink.typing(room, userIds.filter((id) => typeof id === 'string').slice(0, MAX_TYPING));
}

/** `{event: {'m.read': {user: {ts}}}}` (Matrix 1.4, §11.6). What somebody reads in private is nobody's business. */
function tellReceipts(room: string, content: Content, sink: MatrixSink): void {
  let left = MAX_RECEIPTS;
  for (const [eventId, kinds] of Object.entries(content)) {
    const readers = isObject(kinds) ? kinds['m.read'] : undefined;
    for (const userId of isObject(readers) ? Object.keys(readers) : []) {
      if (left-- <= 0) return;
      sink.read(room, userId, eventId);
    }
  }
}

function tellPresence(userId: unknown, content: Content, sink: MatrixSink): void {
  const presence = readPresence(content);
  if (typeof userId === 'string' && userId.startsWith('@') && presence !== undefined) sink.presence(userId, presence);
}
