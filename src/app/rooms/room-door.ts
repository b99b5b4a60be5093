import { ok, type Result } from '../../core/errors.ts';
import type { Content } from '../../core/room/actual-room.ts';
import { isOpenDoor } from '../../core/room/rule-levels.ts';
import type { Kit } from '../kit.ts';

/** What stood at the door of a room before we closed it. */
export type DoorNote = {
  get(): Content | undefined;
  /** Resolves once it is on disk. */
  set(before: Content | undefined): Promise<void>;
};

/**
 * Brings the door of a room to what the walls of its channel ask. What was closed by us is opened as it was, to the byte; what was closed in
 * another way is not ours to open.
 * @param isStrict rooms of our making begin closed on this network, and are opened when the channel is known to be open
 * @returns the id of the event that came of it; empty where none did
 */
export async function bringRoomDoor(
  kit: Kit,
  room: string,
  open: boolean,
  isStrict: boolean,
  note: DoorNote,
): Promise<Result<string>> {
  const { homeserver } = kit;
  const write = (content: Content): Promise<Result<string>> =>
    homeserver.sendState(homeserver.botId, room, 'm.room.join_rules', '', content);
  const now = await homeserver.stateContent(room, 'm.room.join_rules', '');
  if (!now.ok) return now;
  const before = note.get();
  if (!open) {
    if (now.value === undefined || !isOpenDoor(now.value)) return ok('');
    // First noted: whoever is stopped in between finds an open door, and closes it once more.
    await note.set(now.value);
    return write({ join_rule: 'invite' });
  }
  const isClosed = now.value?.join_rule === 'invite';
  if (before !== undefined) {
    const opened = isClosed ? await write(before) : ok('');
    if (opened.ok || opened.error.retry === 'never') await note.set(undefined);
    return opened;
  }
  if (!isClosed || !isStrict || !(await isOurs(kit, room))) return ok('');
  return write({ join_rule: 'public' });
}

/** Whether we made it. Reads the whole state: not for every look. */
export async function isOurs({ homeserver }: Kit, room: string): Promise<boolean> {
  const state = await homeserver.state(room);
  return state.ok && state.value.some(({ type, sender }) => type === 'm.room.create' && sender === homeserver.botId);
}
