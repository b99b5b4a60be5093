/** Nothing of this kind. Both spellings, since servers differ in what an empty list means. */
const NONE = { types: [], not_types: ['*'] };
/** Dendrite v0.15.2 looks at nothing but the limit. Of what is above it (ten, where none is given) most is never told: 14 of 45 were. */
const MOST_PRESENCE = 1_000;

/** What no room keeps and somebody wants to know, beside typing. */
export type Ephemera = { readonly presence?: boolean; readonly receipts?: boolean };

const filter = (timelineLimit: number, rooms: object, { presence, receipts }: Ephemera): string =>
  JSON.stringify({
    presence: presence === true ? { types: ['m.presence'], limit: MOST_PRESENCE } : NONE,
    account_data: NONE,
    room: {
      ...rooms,
      account_data: NONE,
      ephemeral: { types: ['m.typing', ...(receipts === true ? ['m.receipt'] : [])] },
      // What the room is like is asked for where it is needed.
      state: { ...NONE, lazy_load_members: true },
      timeline: { limit: timelineLimit, lazy_load_members: true },
    },
  });

export const syncFilters = (ephemera: Ephemera) => ({
  /** All that happens, so that an answer holds whatever an outage has left. */
  live: filter(500, {}, ephemera),
  /** For when an answer was too large to take: the rest is read back. */
  small: filter(20, {}, ephemera),
  /** Only where we are. */
  position: filter(1, { rooms: [] }, {}),
});
