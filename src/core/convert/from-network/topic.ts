import type { KeyedEffect, NetworkTopic } from '../../events.ts';
import { provenanceOf } from '../../identity/provenance.ts';
import { withNote } from '../../room/topic-note.ts';
import { stripFormatting } from '../../text/strip.ts';
import { type NetworkView, one } from './view.ts';

export const topic = (event: NetworkTopic, view: NetworkView): KeyedEffect[] =>
  one(event, {
    op: 'matrix.topic',
    room: view.room,
    topic: withNote(stripFormatting(event.topic), view.topicNote),
    // What a room says already was chosen here, or was there before the link.
    ...(view.isFirstTopic === true && { onlyWhereNone: true }),
    provenance: provenanceOf(event, view.voucher),
  });
