import type { KeyedEffect, NetworkWalls } from '../../events.ts';
import { wallsInWords } from '../../room/walls.ts';
import { effectKey, type NetworkView } from './view.ts';

/** The room's door follows the channel's; what changed for people is said once. */
export function walls(event: NetworkWalls, view: NetworkView): KeyedEffect[] {
  const key = effectKey(event.network, event.key);
  const door: KeyedEffect = { key, effect: { op: 'matrix.door', room: view.room, open: event.walls.length === 0 } };
  const before = view.wallsBefore ?? [];
  if ([...before].sort().join() === [...event.walls].sort().join()) return [door];
  const now =
    event.walls.length === 0
      ? `${event.channel} is open to everybody now.`
      : `In ${event.channel}, ${wallsInWords(event.walls)}. So nobody comes into this room but by invitation.${event.walls.includes('encrypted') ? ' What is said here does not reach the channel, since it would be said in clear there.' : ''}`;
  return [door, { key: `${key}#told`, effect: { op: 'matrix.notice', room: view.room, body: now } }];
}
