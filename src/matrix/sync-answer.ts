import type { MatrixEvent } from '../core/events.ts';
import { isObject, validateEvents } from './validate-event.ts';

/** What one answer of /sync says, as far as we care. */
export type SyncAnswer = {
  readonly nextBatch: string;
  /** Of all rooms; in order within each room. */
  readonly events: readonly MatrixEvent[];
  /** Rooms whose timeline begins later than where the last answer ended. */
  readonly cutRooms: readonly string[];
  /** `isDirect`: whoever invites says that the room is one for two. */
  readonly invitations: ReadonlyArray<{ readonly room: string; readonly by: string; readonly isDirect: boolean }>;
  /** Events that no room keeps, unread, with the room that they are about. */
  readonly ephemeral: ReadonlyArray<{ readonly room?: string; readonly event: unknown }>;
};

type Refused = (field: string, eventId: string | undefined) => void;

/** @returns undefined for what is not an answer of /sync */
export function readSyncAnswer(json: unknown, botId: string, refused: Refused): SyncAnswer | undefined {
  if (!isObject(json) || typeof json.next_batch !== 'string') return undefined;
  const rooms = isObject(json.rooms) ? json.rooms : {};
  const events: MatrixEvent[] = [];
  const cutRooms: string[] = [];
  const ephemeral: { room?: string; event: unknown }[] = eventsIn(json.presence).map((event) => ({ event }));

  for (const [room, update] of [...members(rooms.join), ...members(rooms.leave)]) {
    const timeline = isObject(update.timeline) ? update.timeline : {};
    const { kept, joinedHere } = sinceOwnJoin(timeline.events, botId);
    events.push(...validateEvents(kept, refused, room));
    if (timeline.limited === true && !joinedHere) cutRooms.push(room);
    for (const event of eventsIn(update.ephemeral)) ephemeral.push({ room, event });
  }
  const invitations = members(rooms.invite).flatMap(([room, update]) => {
    const invitation = ownInvitation(update, botId);
    return invitation === undefined ? [] : [{ room, ...invitation }];
  });
  return { nextBatch: json.next_batch, events, cutRooms, invitations, ephemeral };
}

const eventsIn = (value: unknown): readonly unknown[] =>
  isObject(value) && Array.isArray(value.events) ? value.events : [];

const members = (value: unknown): [string, Readonly<Record<string, unknown>>][] =>
  Object.entries(isObject(value) ? value : {}).flatMap(([key, update]) => (isObject(update) ? [[key, update]] : []));

/**
 * When the bot joins, the timeline begins with what was said before, which is not ours to mirror: that is cut off.
 * A change of its profile is a `join` too, after a `join`.
 */
function sinceOwnJoin(timeline: unknown, botId: string): { kept: unknown; joinedHere: boolean } {
  if (!Array.isArray(timeline)) return { kept: [], joinedHere: false };
  const at = timeline.findLastIndex((event) => isOwnJoin(event, botId));
  return at < 0 ? { kept: timeline, joinedHere: false } : { kept: timeline.slice(at), joinedHere: true };
}

function isOwnJoin(event: unknown, botId: string): boolean {
  if (!isObject(event) || event.type !== 'm.room.member' || event.state_key !== botId) return false;
  if (!isObject(event.content) || event.content.membership !== 'join') return false;
  const unsigned = isObject(event.unsigned) ? event.unsigned : {};
  const previous = isObject(unsigned.prev_content) ? unsigned.prev_content : {};
  return previous.membership !== 'join';
}

function ownInvitation(
  update: Readonly<Record<string, unknown>>,
  botId: string,
): { readonly by: string; readonly isDirect: boolean } | undefined {
  const state = isObject(update.invite_state) ? update.invite_state.events : undefined;
  if (!Array.isArray(state)) return undefined;
  const own = state.find((event) => isObject(event) && event.type === 'm.room.member' && event.state_key === botId);
  const content = isObject(own?.content) ? own.content : {};
  return typeof own?.sender === 'string' ? { by: own.sender, isDirect: content.is_direct === true } : undefined;
}
