import { ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { Homeserver } from '../../ports/matrix.ts';

const PAGE = 100;
/** Most events of one room that are read back: what a busy room says in hours. */
const MAX_EVENTS = 10_000;
/**
 * How far behind the anchor is read as well. `/messages` of Dendrite orders by depth, the sources by arrival: of events that
 * were sent at the same moment, one that is not known yet may stand before one that is.
 */
const OVERLAP = 100;

/** The stretch of a room that is to be read. */
export type Stretch = {
  /** Newest event that both sources had brought. */
  readonly anchor: string;
  /** Newest event at the time of linking: nothing from before it is ever bridged. */
  readonly floor: string | undefined;
};

/**
 * Reads a room from its end back to the anchor and a little beyond.
 * @returns events oldest first; `complete` is false where the anchor was not found within bounds
 */
export async function readStretch(
  homeserver: Pick<Homeserver, 'botId' | 'messages'>,
  room: string,
  { anchor, floor }: Stretch,
): Promise<Result<{ readonly events: MatrixEvent[]; readonly complete: boolean }>> {
  const newestFirst: MatrixEvent[] = [];
  const seen = new Set<string>();
  let anchorAt: number | undefined;
  let from: string | undefined;
  while (newestFirst.length < MAX_EVENTS) {
    const page = await homeserver.messages(homeserver.botId, room, from, PAGE);
    if (!page.ok) return page;
    const news = page.value.events.filter(({ event_id }) => !seen.has(event_id));
    for (const event of news) {
      seen.add(event.event_id);
      if (event.event_id === anchor) anchorAt = newestFirst.length;
      if (event.event_id === floor) return ok({ events: newestFirst.reverse(), complete: true });
      if (anchorAt !== undefined && newestFirst.length - anchorAt >= OVERLAP)
        return ok({ events: newestFirst.reverse(), complete: true });
      newestFirst.push(event);
    }
    if (page.value.end === undefined || news.length === 0) break;
    from = page.value.end;
  }
  return ok({ events: newestFirst.reverse(), complete: anchorAt !== undefined });
}
