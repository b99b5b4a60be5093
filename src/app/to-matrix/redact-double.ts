import type { MatrixEvent } from '../../core/events.ts';
import type { Kit } from '../kit.ts';

/** A second event for lines that were said already: it is taken back, so that nobody reads them twice. */
export async function redactDouble(kit: Kit, event: MatrixEvent, first: string): Promise<void> {
  kit.log.warn('the homeserver let a line through twice; the second is removed', {
    room: event.room_id,
    event: event.event_id,
    first,
  });
  const { botId } = kit.homeserver;
  await kit.homeserver.redact(
    botId,
    event.room_id,
    event.event_id,
    `double-${event.event_id}`,
    'This line was delivered twice.',
  );
}
