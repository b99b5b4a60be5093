import type { KeyedEffect, NetworkDeletion } from '../../events.ts';
import { stripFormatting } from '../../text/strip.ts';
import { inTheNameOf, type NetworkView, one } from './view.ts';

export const deletion = (event: NetworkDeletion, view: NetworkView): KeyedEffect[] =>
  one(event, {
    op: 'matrix.redact',
    room: view.room,
    ...inTheNameOf(event, view),
    ...(event.privatelyTo === undefined ? {} : { onlyOwn: true }),
    ...(event.byServer === undefined ? {} : { byServer: true, sparesPeople: true }),
    target: event.target,
    reason: stripFormatting(event.reason).slice(0, 300),
  });
