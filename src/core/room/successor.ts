import type { MatrixEvent } from '../events.ts';
import { adoptionRefusal } from './adoption.ts';

/** A room that took another's place. */
export type Successor = {
  readonly from: string;
  readonly to: string;
};

const ROOM_ID = /^![^\s]{1,254}$/;

/** The room that takes this one's place, by its tombstone (Matrix 1.12, "room upgrades"); undefined for any other event. */
export const successorOf = (event: MatrixEvent): Successor | undefined =>
  event.type === 'm.room.tombstone' && event.state_key === '' ? successorIn(event.room_id, event.content) : undefined;

/** The same by the content of a room's tombstone; undefined for one that names no other room. */
export function successorIn(room: string, content: MatrixEvent['content']): Successor | undefined {
  const to = content.replacement_room;
  return typeof to === 'string' && ROOM_ID.test(to) && to !== room ? { from: room, to } : undefined;
}

/**
 * Why a room cannot take another's place. A tombstone may name any room; only one that names the old room itself was made to
 * replace it.
 * @returns a sentence with what to do, or undefined
 */
export function successionRefusal(
  state: readonly MatrixEvent[],
  botId: string,
  name: string,
  { from, to }: Successor,
): string | undefined {
  const create = state.find(({ type, state_key }) => type === 'm.room.create' && state_key === '');
  const predecessor = create?.content.predecessor;
  const before = typeof predecessor === 'object' && predecessor !== null ? Object.entries(predecessor) : [];
  if (!before.some(([key, value]) => key === 'room_id' && value === from))
    return `${name} was closed in favour of ${to}, which does not say that it replaces it. Link the room that is meant.`;
  return adoptionRefusal(state, botId, to);
}
