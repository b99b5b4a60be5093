import type { ActualRoom } from '../../core/room/actual-room.ts';
import type { ManagedRoom } from '../../core/room/layout.ts';
import { misfits } from '../../core/room/misfits.ts';
import { beyondReach } from '../../core/room/power-plan.ts';

/** What can never be put right in a room, and what its founders alone can: somebody has to decide about it. Sentences. */
export function unfixable(wanted: ManagedRoom, room: ActualRoom, botId: string): readonly string[] {
  const people = beyondReach(room, botId);
  if (people.length === 0) return misfits(room, wanted);
  const why = `${wanted.name}: ${people.join(', ')} have as much power as the bot, so it cannot be taken back, and nobody can put them out. They can give it up themselves in the room’s settings.`;
  return [...misfits(room, wanted), why];
}
