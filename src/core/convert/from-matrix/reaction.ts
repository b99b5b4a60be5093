import { eventIdIn, type MatrixConverter, objectIn } from './view.ts';

/** What a client of the network may show under a message, in UTF-16 units. */
const MAX_EMOJI_UNITS = 64;

export const reaction: MatrixConverter = (event, { network, channel }) => {
  const relates = objectIn(event.content['m.relates_to']);
  const target = eventIdIn(relates.event_id);
  const { key: emoji } = relates;
  if (event.state_key !== undefined || relates.rel_type !== 'm.annotation' || target === undefined) return [];
  if (typeof emoji !== 'string' || emoji.trim() === '' || emoji.length > MAX_EMOJI_UNITS) return [];
  return [
    {
      key: event.event_id,
      effect: {
        op: 'network.react',
        network,
        channel,
        room: event.room_id,
        userId: event.sender,
        emoji: emoji.toWellFormed(),
        removed: false,
        target,
        eventId: event.event_id,
      },
    },
  ];
};
