import { MAX_PINS } from '../../room/pins.ts';
import { eventIdIn, type MatrixConverter } from './view.ts';

/** The list of a room's pins, which is always told whole. What of it is news shows when it is carried out. */
export const pins: MatrixConverter = (event, { network, channel }) => {
  const { pinned } = event.content;
  if (event.state_key !== '' || !Array.isArray(pinned)) return [];
  const ids = pinned.slice(-MAX_PINS).flatMap((id: unknown) => eventIdIn(id) ?? []);
  return [
    {
      key: event.event_id,
      effect: {
        op: 'network.pins',
        network,
        channel,
        room: event.room_id,
        userId: event.sender,
        pinned: [...new Set(ids)],
        eventId: event.event_id,
      },
    },
  ];
};
