import type { MatrixConverter } from './view.ts';

/** Somebody switched encryption on: nothing passes from now on, and everybody in the room is told why, and what can be done. */
export const encryption: MatrixConverter = (event, view) => {
  if (event.state_key !== '') return [];
  return [
    {
      key: `encryption|${event.event_id}`,
      effect: {
        op: 'matrix.notice',
        room: event.room_id,
        cause: 'encryption',
        body: `End-to-end encryption was switched on here. A channel on ${view.network} cannot be read through it, so nothing passes between this room and ${view.channel} any more, in either direction. Encryption cannot be switched off again: to go on, an admin links ${view.channel} to a room without it.`,
      },
    },
  ];
};
