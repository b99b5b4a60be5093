import type { KeyedEffect, NetworkTopic } from '../../events.ts';
import { provenanceOf } from '../../identity/provenance.ts';
import { stripFormatting } from '../../text/strip.ts';
import { type NetworkView, one } from './view.ts';

export const topic = (event: NetworkTopic, view: NetworkView): KeyedEffect[] =>
  one(event, {
    op: 'matrix.topic',
    room: view.room,
    topic: stripFormatting(event.topic),
    provenance: provenanceOf(event, view.voucher),
  });
