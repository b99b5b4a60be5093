import type { InboxRow } from '../../ports/stores.ts';

/**
 * Where rows belong that wait and were not read: they came after the reading, or were left out of it, as Dendrite's
 * `/messages` does now and then. Each stays behind all that it arrived behind: a reading may order events of one moment
 * otherwise than they arrived.
 * @returns rows by the event that they follow; `undefined`: before all others
 */
export function placesOfUnread(
  arrived: readonly InboxRow[],
  read: readonly string[],
): ReadonlyMap<string | undefined, InboxRow[]> {
  const indexOf = new Map(read.map((key, index) => [key, index]));
  const indexes = arrived.map((row) => indexOf.get(row.key));
  const first = indexes.find((index) => index !== undefined);
  // Where nothing of the reading arrived, all of it was missed, and what arrived is newer.
  let behind = (first ?? read.length) - 1;
  const places = new Map<string | undefined, InboxRow[]>();
  arrived.forEach((row, at) => {
    const index = indexes[at];
    if (index !== undefined) behind = Math.max(behind, index);
    else {
      const there = places.get(read[behind]);
      if (there === undefined) places.set(read[behind], [row]);
      else there.push(row);
    }
  });
  return places;
}
