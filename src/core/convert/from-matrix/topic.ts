import { withoutNote } from '../../room/topic-note.ts';
import { linesOf } from './lines.ts';
import type { MatrixConverter } from './view.ts';

export const topic: MatrixConverter = (event, { network, channel }) => {
  if (event.state_key !== '' || typeof event.content.topic !== 'string') return [];
  return [
    {
      key: event.event_id,
      effect: {
        op: 'network.topic',
        network,
        channel,
        room: event.room_id,
        userId: event.sender,
        topic: withoutNote(linesOf(event.content.topic).join(' ')),
        eventId: event.event_id,
      },
    },
  ];
};
