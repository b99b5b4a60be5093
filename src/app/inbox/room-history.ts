import { ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import { mayBeForgotten } from '../../core/kept-keys.ts';
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
  readonly nowMs: number;
};

/**
 * Reads a room from its end back to the anchor and a little beyond.
 * @returns events oldest first. Of those that do not come after the anchor none that is so old that nobody could say any more whether
 *   it is known. `complete` is false where neither anchor nor floor was found within bounds, `hasAnchor` where the anchor was not
 */
export async function readStretch(
  homeserver: Pick<Homeserver, 'botId' | 'messages'>,
  room: string,
  { anchor, floor, nowMs }: Stretch,
): Promise<Result<{ readonly events: MatrixEvent[]; readonly complete: boolean; readonly hasAnchor: boolean }>> {
  const newestFirst: MatrixEvent[] = [];
  const seen = new Set<string>();
  let anchorAt: number | undefined;
  let from: string | undefined;
  const read = (complete: boolean) => {
    const since = anchorAt ?? 0;
    const events = newestFirst.filter((event, at) => at < since || !mayBeForgotten(event.origin_server_ts, nowMs));
    return ok({ events: events.reverse(), complete, hasAnchor: anchorAt !== undefined });
  };
  while (newestFirst.length < MAX_EVENTS) {
    const page = await homeserver.messages(homeserver.botId, room, from, PAGE);
    if (!page.ok) return page;
    const news = page.value.events.filter(({ event_id }) => !seen.has(event_id));
    for (const event of news) {
      seen.add(event.event_id);
      if (event.event_id === anchor) anchorAt = newestFirst.length;
      if (event.event_id === floor) return read(true);
      if (anchorAt !== undefined && newestFirst.length - anchorAt >= OVERLAP) return read(true);
      newestFirst.push(event);
    }
    if (page.value.end === undefined || news.length === 0) break;
    from = page.value.end;
  }
  return read(anchorAt !== undefined);
}
