import { linesOf } from './lines.ts';
import type { MatrixConverter } from './view.ts';

const MAX_REASON_CHARS = 200;

/** Somebody put a ghost out of the room, shut it out, or let it in again: the same is tried in the channel, in that person's name. */
export const removal: MatrixConverter = (event, { network, channel, ghostOf, nickOf, before }) => {
  const { membership, reason } = event.content;
  const userId = event.state_key ?? '';
  const ghost = ghostOf?.(userId);
  if (ghost?.network !== network || event.sender === userId) return [];
  const how = membership === 'ban' ? 'ban' : membership !== 'leave' ? undefined : before === 'ban' ? 'unban' : 'kick';
  const nick = nickOf?.(userId);
  if (how === undefined || (how === 'kick' && (before !== 'join' || nick === undefined))) return [];
  const why = typeof reason === 'string' ? linesOf(reason).join(' ').slice(0, MAX_REASON_CHARS) : '';
  const { subject } = ghost;
  return [
    {
      key: event.event_id,
      effect: {
        op: 'network.remove',
        network,
        channel,
        room: event.room_id,
        userId: event.sender,
        subject,
        ...(nick === undefined ? {} : { nick }),
        how,
        reason: why,
        eventId: event.event_id,
      },
    },
  ];
};
