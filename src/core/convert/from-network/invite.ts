import type { KeyedEffect, NetworkInvite } from '../../events.ts';
import { provenanceOf } from '../../identity/provenance.ts';
import { type NetworkView, one } from './view.ts';

export const invite = (event: NetworkInvite, view: NetworkView): KeyedEffect[] =>
  one(event, {
    op: 'matrix.invite',
    room: view.room,
    userId: event.userId,
    letsIn: event.byPower,
    provenance: provenanceOf(event, view.voucher),
  });
