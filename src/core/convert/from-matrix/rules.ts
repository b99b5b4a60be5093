import type { MatrixEvent } from '../../events.ts';
import type { Stance } from '../../room/channel-rules.ts';
import { isOpenDoor, stanceOf } from '../../room/rule-levels.ts';
import type { MatrixConverter } from './view.ts';

const stands =
  (read: (content: MatrixEvent['content']) => Stance): MatrixConverter =>
  (event, { network, channel }) => {
    if (event.state_key !== '') return [];
    return [
      {
        key: event.event_id,
        effect: {
          op: 'network.rules',
          network,
          channel,
          room: event.room_id,
          userId: event.sender,
          stance: read(event.content),
          eventId: event.event_id,
        },
      },
    ];
  };

/** Somebody changed who may do what, or who comes in. What of it a channel has modes for is tried there, in that person's name. */
export const levels: MatrixConverter = stands(stanceOf);
export const joinRules: MatrixConverter = stands((content) => ({ closed: !isOpenDoor(content) }));
