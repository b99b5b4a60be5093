import type { MatrixConverter } from './view.ts';

/** Somebody invited a ghost into the room: whom it stands for is invited into the channel. */
export const invitation: MatrixConverter = (event, { network, channel, ghostOf }) => {
  const { state_key: userId = '', sender } = event;
  const ghost = ghostOf?.(userId);
  // Nobody invites on one network somebody of another, or of another server of it.
  if (event.content.membership !== 'invite' || ghost?.network !== network) return [];
  return [
    {
      key: event.event_id,
      effect: {
        op: 'network.invite',
        network,
        channel,
        room: event.room_id,
        userId: sender,
        subject: ghost.subject,
        ghost: userId,
        eventId: event.event_id,
      },
    },
  ];
};
