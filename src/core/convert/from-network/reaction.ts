import type { KeyedEffect, NetworkReaction } from '../../events.ts';
import { stripFormatting } from '../../text/strip.ts';
import { inTheNameOf, type NetworkView, one } from './view.ts';

/** What a client may show under a message, in UTF-16 units: emoji of several parts, or a short word. */
const MAX_EMOJI_UNITS = 64;

/** An emoji or a short word as it may stand under a message; undefined for anything else. */
export function shownEmoji(given: string): string | undefined {
  const emoji = stripFormatting(given).trim();
  return emoji === '' || emoji.length > MAX_EMOJI_UNITS || !emoji.isWellFormed() ? undefined : emoji;
}

export function reaction(event: NetworkReaction, view: NetworkView): KeyedEffect[] {
  const emoji = shownEmoji(event.emoji);
  if (emoji === undefined) return [];
  return one(event, {
    ...(event.removed ? ({ op: 'matrix.unreact' } as const) : ({ op: 'matrix.react', messageKey: event.key } as const)),
    room: view.room,
    ...inTheNameOf(event, view),
    target: event.target,
    emoji,
    timeMs: event.timeMs,
    ...(event.tallied !== undefined && {
      tallied: event.tallied.map(({ account, origin }) => ({ account: account ?? null, origin: origin ?? null })),
    }),
  });
}
