import type { MatrixEvent } from '../events.ts';

/** Times that are further apart contradict the reading: a clock was set, and says nothing of the order. */
const MOMENT_MS = 60_000;

/**
 * Puts what `/messages` showed in the order in which it was said. Dendrite (v0.15.2, `syncapi/routing/messages.go`) sorts a page by depth, by a sort
 * that is not stable, and whatever is said while a room's newest events are still being worked off has one depth: within such a moment two lines of
 * one person come in any order. Events that one clock stamped are put in the order of their times, in the places that events of that clock have.
 * @param events oldest first, as they were read
 * @param clockOf names the clock; undefined leaves an event where it is
 */
export function inOrderOfSaying(
  events: readonly MatrixEvent[],
  clockOf: (event: MatrixEvent) => string | undefined,
): MatrixEvent[] {
  const places = new Map<string, number[]>();
  events.forEach((event, at) => {
    const clock = clockOf(event);
    if (clock === undefined) return;
    const there = places.get(clock);
    if (there === undefined) places.set(clock, [at]);
    else there.push(at);
  });
  const ordered = [...events];
  for (const indexes of places.values()) {
    const sorted: MatrixEvent[] = [];
    for (const index of indexes) {
      const event = events[index];
      if (event !== undefined) sorted.splice(placeOf(event, sorted), 0, event);
    }
    sorted.forEach((event, at) => {
      ordered[indexes[at] ?? 0] = event;
    });
  }
  return ordered;
}

/** Behind the last one that was not said a moment later. */
function placeOf({ origin_server_ts: ms }: MatrixEvent, sorted: readonly MatrixEvent[]): number {
  const at = sorted.findLastIndex(({ origin_server_ts: otherMs }) => otherMs <= ms || otherMs - ms > MOMENT_MS);
  return at + 1;
}
