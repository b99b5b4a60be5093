import type { MatrixEvent } from '../../../src/core/events.ts';
import { type ActualRoom, readRoom } from '../../../src/core/room/actual-room.ts';

export const BOT = '@_causeway_bot:x';
export const ROOM = '!r:x';

let events = 0;
export const state = (type: string, content: object, state_key = '', sender = BOT): MatrixEvent => ({
  event_id: `$${++events}`,
  room_id: ROOM,
  sender,
  type,
  content: content as MatrixEvent['content'],
  origin_server_ts: 1,
  state_key,
});
export const created = (version: string, more: object = {}, sender = BOT): MatrixEvent =>
  state('m.room.create', { room_version: version, ...more }, '', sender);
export const member = (userId: string, membership = 'join', sender = userId): MatrixEvent =>
  state('m.room.member', { membership }, userId, sender);
export const levels = (content: object): MatrixEvent => state('m.room.power_levels', content);

/** A room of version 11 that the bot made and is in, and whatever else is said of it. */
export const ourRoom = (...more: MatrixEvent[]): ActualRoom =>
  readRoom(ROOM, [created('11'), member(BOT), levels({ users: { [BOT]: 100 } }), ...more]);
