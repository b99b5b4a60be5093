import type { KeyedEffect, NetworkKick } from '../../events.ts';
import { stripFormatting } from '../../text/strip.ts';
import { type NetworkView, one } from './view.ts';

export function kick(event: NetworkKick, view: NetworkView): KeyedEffect[] {
  const reason = stripFormatting(event.reason).slice(0, 300);
  return one(event, {
    op: 'matrix.kick',
    room: view.room,
    userId: event.userId,
    reason: `kicked from ${event.channel} by ${event.source.nick}${reason === '' ? '' : `: ${reason}`}`,
  });
}
