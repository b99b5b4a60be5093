import { ok, type Result } from '../core/errors.ts';
import type { MatrixEvent } from '../core/events.ts';
import type { Homeserver } from '../ports/matrix.ts';

export type ReadBackBounds = {
  /** Per page. Dendrite gives at most 100. */
  readonly pageSize: number;
  readonly maxEvents: number;
  readonly maxPages: number;
};

export type ReadBack = {
  /** Oldest first, in the order of the room; without the known event that ended the search. */
  readonly events: readonly MatrixEvent[];
  /**
   * `known`: everything after the newest known event is here. `beginning`: the whole room is. `bound`: there is
   * more between these events and what is known.
   */
  readonly end: 'known' | 'beginning' | 'bound';
};

/**
 * Reads a room backwards to the newest event that is known. Only `/messages` is complete on Dendrite in every run:
 * pushes and `/sync` both skip events when it stops. Its order is that of the room's graph: an event that was cut off
 * by a stop and comes to life later (310 s after it was sent) stands where it was written, maybe behind what is known.
 * @param isKnown asked newest first, until it says yes
 */
export async function readBack(
  homeserver: Pick<Homeserver, 'messages'>,
  as: string,
  room: string,
  isKnown: (eventId: string) => boolean,
  bounds: ReadBackBounds,
): Promise<Result<ReadBack>> {
  let progress = startReadBack();
  let from: string | undefined;
  for (;;) {
    const page = await homeserver.messages(as, room, from, bounds.pageSize);
    if (!page.ok) return page;
    progress = addPage(progress, page.value, isKnown, bounds);
    if (progress.end !== undefined) return ok({ events: progress.newestFirst.toReversed(), end: progress.end });
    from = page.value.end;
  }
}

export type ReadBackProgress = {
  readonly newestFirst: readonly MatrixEvent[];
  readonly pages: number;
  readonly end: ReadBack['end'] | undefined;
};

export const startReadBack = (): ReadBackProgress => ({ newestFirst: [], pages: 0, end: undefined });

/** What is known after one more page, newest first; `end` is there once reading is over. */
export function addPage(
  before: ReadBackProgress,
  page: { readonly events: readonly MatrixEvent[]; readonly end?: string },
  isKnown: (eventId: string) => boolean,
  bounds: ReadBackBounds,
): ReadBackProgress {
  const pages = before.pages + 1;
  const newestFirst = [...before.newestFirst];
  // Pages overlap where a server's tokens are coarse.
  const had = new Set(newestFirst.map((event) => event.event_id));
  for (const event of page.events) {
    if (isKnown(event.event_id)) return { newestFirst, pages, end: 'known' };
    if (had.has(event.event_id)) continue;
    if (newestFirst.length >= bounds.maxEvents) return { newestFirst, pages, end: 'bound' };
    newestFirst.push(event);
  }
  if (page.end === undefined) return { newestFirst, pages, end: 'beginning' };
  return { newestFirst, pages, end: pages >= bounds.maxPages ? 'bound' : undefined };
}
