import type { MatrixSink } from '../ports/matrix.ts';
import { isObject } from './validate-event.ts';

const MAX_TYPING = 100;

/** Tells the sink of an `m.typing` event; everything else is no news. */
export function readTyping(value: unknown, sink: MatrixSink, roomId?: string): void {
  if (!isObject(value) || value.type !== 'm.typing' || !isObject(value.content)) return;
  const room = value.room_id ?? roomId;
  const userIds = value.content.user_ids;
  if (typeof room !== 'string' || !room.startsWith('!') || !Array.isArray(userIds)) return;
  sink.typing(room, userIds.filter((id) => typeof id === 'string').slice(0, MAX_TYPING));
}
