import type { KeyedEffect, NetworkQuiet } from '../../events.ts';
import { safeName } from '../../text/safe-name.ts';
import { type NetworkView, one } from './view.ts';

/** Whoever was silenced is told so, since nobody in the room sees it. */
export function quiet(event: NetworkQuiet, view: NetworkView): KeyedEffect[] {
  const { channel, userId, silenced } = event;
  const by = safeName(event.source.nick, 'An operator');
  return one(event, {
    op: 'matrix.notice',
    room: view.room,
    to: userId,
    cause: `${silenced ? 'silenced' : 'heard'}|${userId}`,
    body: silenced
      ? `${by} silenced ${userId} in ${channel}: what they write here is not said there. Operators of ${channel} can lift that.`
      : `${by} lets ${userId} speak in ${channel} again.`,
  });
}
