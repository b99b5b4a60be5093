import type { KeyedEffect, NetworkPin } from '../../events.ts';
import { provenanceOf } from '../../identity/provenance.ts';
import { type NetworkView, one } from './view.ts';

export const pin = (event: NetworkPin, view: NetworkView): KeyedEffect[] =>
  one(event, {
    op: 'matrix.pin',
    room: view.room,
    network: event.network,
    target: event.target,
    pinned: event.pinned,
    provenance: provenanceOf(event, view.voucher),
  });
