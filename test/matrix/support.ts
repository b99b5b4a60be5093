import type { MatrixEvent } from '../../src/core/events.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { StoreUnavailable } from '../../src/ports/db.ts';
import type { Log } from '../../src/ports/log.ts';
import type { MatrixSink } from '../../src/ports/matrix.ts';

export const clock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  random: () => 0.5,
};

export type RecordingLog = Log & { readonly lines: string[] };

/** Keeps everything that is logged, so that a test can look for what must not be there. */
export function recordingLog(lines: string[] = []): RecordingLog {
  const at = (level: string) => (message: string, fields?: object) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  };
  return {
    lines,
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    with: () => recordingLog(lines),
  };
}

export type RecordingSink = MatrixSink & {
  readonly stored: MatrixEvent[];
  /** In order: events by id, with the cursor; interruptions; typing; invitations. */
  readonly calls: string[];
  /** While true, storing throws. */
  away: boolean;
  /** Storing throws an ordinary error when it meets this event. */
  poison: string | undefined;
  cursor: string | undefined;
};

export function recordingSink(): RecordingSink {
  const sink: RecordingSink = {
    stored: [],
    calls: [],
    away: false,
    poison: undefined,
    cursor: undefined,
    async events(source, events, cursor) {
      if (sink.away) throw new StoreUnavailable('away');
      if (events.some((event) => event.event_id === sink.poison)) throw new TypeError('bug');
      sink.stored.push(...events);
      if (cursor !== undefined) sink.cursor = cursor;
      sink.calls.push(
        `${source}: ${events.map((event) => event.event_id).join(' ')}${cursor === undefined ? '' : ` @${cursor}`}`,
      );
    },
    interrupted: (source, why) => void sink.calls.push(`interrupted ${source}: ${why}`),
    typing: (room, userIds) => void sink.calls.push(`typing ${room}: ${userIds.join(' ')}`),
    read: (room, userId, eventId) => void sink.calls.push(`read ${room}: ${userId} ${eventId}`),
    presence: (userId, presence) => void sink.calls.push(`presence ${userId}: ${JSON.stringify(presence)}`),
    invited: (room, userId, by) => void sink.calls.push(`invited ${userId} to ${room} by ${by}`),
    hasAlias: async (alias) => alias === '#known:localhost',
    hasGhost: async (userId) => userId === '@_causeway_known:localhost',
  };
  return sink;
}

export const message = (id: string, more: object = {}): Record<string, unknown> => ({
  event_id: id,
  room_id: '!r:localhost',
  sender: '@a:localhost',
  type: 'm.room.message',
  content: { msgtype: 'm.text', body: id },
  origin_server_ts: 1,
  ...more,
});
