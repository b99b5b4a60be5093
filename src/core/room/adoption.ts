import type { MatrixEvent } from '../events.ts';
import { type ActualRoom, readRoom } from './actual-room.ts';

/** What the bot has to be able to do in a room that it did not make. */
const NEEDED: ReadonlyArray<{ readonly level: (room: ActualRoom) => number; readonly what: string }> = [
  { level: (room) => room.threshold('state_default'), what: 'write the room’s bridge information' },
  { level: (room) => room.threshold('invite'), what: 'invite people of the channel' },
  { level: (room) => room.threshold('kick'), what: 'remove people' },
];

/**
 * Whether an existing room may become a portal.
 * @param name the room as the configuration writes it
 * @returns a sentence why not and what to do, or undefined
 */
export function adoptionRefusal(state: readonly MatrixEvent[], botId: string, name: string): string | undefined {
  const room = readRoom(state[0]?.room_id ?? '', state);
  if (room.isEncrypted)
    return `${name} is end-to-end encrypted; a channel cannot be. Link a room without encryption: it cannot be switched off again.`;
  if (room.tombstone !== undefined) return `${name} was replaced by a newer room. Link that one.`;
  const power = room.powerOf(botId);
  for (const { level, what } of NEEDED) {
    const needed = level(room);
    if (power < needed)
      return `The bot ${botId} has power ${power} in ${name} and needs ${needed} to ${what}. Give it ${needed} or more in the room’s settings.`;
  }
  return undefined;
}
