import type { MatrixEvent } from '../core/events.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { Log } from '../ports/log.ts';
import type { MatrixSink } from '../ports/matrix.ts';

/**
 * Gives events to the sink. Where our own code fails at one of them (a bug), that one is left out and named, and the
 * others are stored: a source that stops for one event would stop for ever.
 * @returns how many were left out
 * @throws {StoreUnavailable} when they could not be stored now
 */
export async function deliver(
  sink: MatrixSink,
  log: Log,
  source: 'push' | 'sync',
  events: readonly MatrixEvent[],
  cursor?: string,
): Promise<number> {
  try {
    await sink.events(source, events, cursor);
    return 0;
  } catch (error) {
    if (error instanceof StoreUnavailable || events.length === 0) throw error;
  }
  let leftOut = 0;
  for (const event of events) {
    try {
      await sink.events(source, [event]);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      leftOut++;
      log.error('An event is left out, because our own code failed at it. This is a bug; please report it.', {
        eventId: event.event_id,
        room: event.room_id,
        type: event.type,
        error: String(error),
      });
    }
  }
  if (cursor !== undefined) await sink.events(source, [], cursor);
  return leftOut;
}
