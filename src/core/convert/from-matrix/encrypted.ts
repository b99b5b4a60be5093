import type { MatrixConverter } from './view.ts';

export const encrypted: MatrixConverter = (event, view) => [
  {
    key: `encrypted|${event.event_id}`,
    effect: {
      op: 'matrix.notice',
      room: event.room_id,
      body: `Not delivered to ${view.channel}: this message is encrypted and the bridge cannot read it. People in ${view.channel} see nothing of encrypted messages; a room without encryption is needed.`,
      replyTo: { eventId: event.event_id, userId: event.sender },
      cause: `encrypted|${event.sender}`,
    },
  },
];
