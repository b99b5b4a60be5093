import { MARKER, markerOf } from '../../core/convert/marker.ts';
import { ok, type Result } from '../../core/errors.ts';
import type { PinOnMatrix } from '../../core/events.ts';
import { MAX_PINS } from '../../core/room/pins.ts';
import type { Kit } from '../kit.ts';
import type { Targets } from '../to-network/targets.ts';

const CARRIED = 'pins:';

/** What a room's pins were when they were last brought over, to whichever side; none where they never were. */
export async function pinsBefore({ db, stores }: Kit, room: string): Promise<readonly string[]> {
  const stored = await db.transaction((sql) => stores.cursor.get(sql, CARRIED + room));
  const ids: unknown = stored === undefined ? [] : JSON.parse(stored);
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : [];
}

export const rememberPins = ({ db, stores }: Kit, room: string, pinned: readonly string[]): Promise<void> =>
  db.transaction((sql) => stores.cursor.set(sql, CARRIED + room, JSON.stringify(pinned)));

/** Pins a message's first event in its room, or takes it from the pins. Nothing where the message is not known. */
export async function bringPin(
  kit: Kit,
  targets: Pick<Targets, 'ofMessage'>,
  { network, room, target, pinned, provenance }: PinOnMatrix,
): Promise<Result<string>> {
  const { homeserver } = kit;
  const [said] = await targets.ofMessage(network, target, room);
  if (said === undefined || (pinned && said.gone)) return ok('');
  const now = await homeserver.stateContent(room, 'm.room.pinned_events', '');
  if (!now.ok) return now;
  const listed: readonly unknown[] = Array.isArray(now.value?.pinned) ? now.value.pinned : [];
  if (listed.includes(said.eventId) === pinned) return ok('');
  const others = listed.filter((id) => typeof id === 'string' && id !== said.eventId);
  const next = pinned ? [...others, said.eventId].slice(-MAX_PINS) : others;
  const content = {
    pinned: next,
    [MARKER]: markerOf([], provenance),
  };
  const sent = await homeserver.sendState(homeserver.botId, room, 'm.room.pinned_events', '', content);
  if (sent.ok) await rememberPin(kit, room, said.eventId, pinned);
  return sent;
}

/** Only this one: what people of the room pinned meanwhile has yet to be carried over. */
async function rememberPin(kit: Kit, room: string, eventId: string, pinned: boolean): Promise<void> {
  const others = (await pinsBefore(kit, room)).filter((id) => id !== eventId);
  await rememberPins(kit, room, pinned ? [...others, eventId] : others);
}
