/** Nothing of this kind. Both spellings, since servers differ in what an empty list means. */
const NONE = { types: [], not_types: ['*'] };

const filter = (timelineLimit: number, rooms: object): string =>
  JSON.stringify({
    presence: NONE,
    account_data: NONE,
    room: {
      ...rooms,
      account_data: NONE,
      ephemeral: { types: ['m.typing'] },
      // What the room is like is asked for where it is needed.
      state: { ...NONE, lazy_load_members: true },
      timeline: { limit: timelineLimit, lazy_load_members: true },
    },
  });

/** All that happens, so that an answer holds whatever an outage has left. */
export const LIVE_FILTER = filter(500, {});
/** For when an answer was too large to take: the rest is read back. */
export const SMALL_FILTER = filter(20, {});
/** Only where we are. */
export const POSITION_FILTER = filter(1, { rooms: [] });
