import { ok, type Result } from '../../core/errors.ts';
import type { DoorToMatrix } from '../../core/events.ts';
import type { Kit } from '../kit.ts';

/**
 * Brings the door of a room to what the walls of its channel ask, where nobody else keeps it. Only rooms of our making are opened; what was
 * closed in another way is not ours to open.
 */
export async function bringRoomDoor(
  { homeserver }: Kit,
  { room, open }: DoorToMatrix,
  isKept: (room: string) => boolean,
): Promise<Result<string>> {
  if (isKept(room)) return ok('');
  const [from, to] = open ? ['invite', 'public'] : ['public', 'invite'];
  const now = await homeserver.stateContent(room, 'm.room.join_rules', '');
  if (!now.ok) return now;
  if (now.value?.join_rule !== from || (open && !(await isOurs(homeserver, room)))) return ok('');
  return homeserver.sendState(homeserver.botId, room, 'm.room.join_rules', '', { join_rule: to });
}

async function isOurs(homeserver: Kit['homeserver'], room: string): Promise<boolean> {
  const state = await homeserver.state(room);
  return state.ok && state.value.some(({ type, sender }) => type === 'm.room.create' && sender === homeserver.botId);
}
