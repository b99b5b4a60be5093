/** Most pins of a room that count. Element shows a hundred. */
export const MAX_PINS = 100;
