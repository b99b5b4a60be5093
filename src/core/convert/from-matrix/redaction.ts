import { linesOf } from './lines.ts';
import { eventIdIn, type MatrixConverter } from './view.ts';

/** Room version 11 moved `redacts` into the content. */
export const redaction: MatrixConverter = (event, { network, channel }) => {
  const target = eventIdIn(event.redacts) ?? eventIdIn(event.content.redacts);
  if (target === undefined) return [];
  const { reason } = event.content;
  return [
    {
      key: event.event_id,
      effect: {
        op: 'network.redact',
        network,
        channel,
        room: event.room_id,
        userId: event.sender,
        ...(event.onlyOwn && { onlyOwn: true }),
        target,
        reason: typeof reason === 'string' ? linesOf(reason).join(' ').slice(0, 200) : '',
        eventId: event.event_id,
      },
    },
  ];
};
