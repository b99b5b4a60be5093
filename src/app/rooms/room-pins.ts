import { MARKER, markerOf } from '../../core/convert/marker.ts';
import { ok, type Result } from '../../core/errors.ts';
import type { PinOnMatrix } from '../../core/events.ts';
import type { Kit } from '../kit.ts';
import type { Targets } from '../to-network/targets.ts';

/** Element shows a hundred. */
const MAX_PINS = 100;

/** Pins a message's first event in its room, or takes it from the pins. Nothing where the message is not known. */
export async function bringPin(
  { homeserver }: Kit,
  targets: Pick<Targets, 'ofMessage'>,
  { network, room, target, pinned, provenance }: PinOnMatrix,
): Promise<Result<string>> {
  const [said] = await targets.ofMessage(network, target, room);
  if (said === undefined || (pinned && said.gone)) return ok('');
  const now = await homeserver.stateContent(room, 'm.room.pinned_events', '');
  if (!now.ok) return now;
  const listed: readonly unknown[] = Array.isArray(now.value?.pinned) ? now.value.pinned : [];
  if (listed.includes(said.eventId) === pinned) return ok('');
  const others = listed.filter((id) => typeof id === 'string' && id !== said.eventId);
  const content = {
    pinned: pinned ? [...others, said.eventId].slice(-MAX_PINS) : others,
    [MARKER]: markerOf([], provenance),
  };
  return homeserver.sendState(homeserver.botId, room, 'm.room.pinned_events', '', content);
}
