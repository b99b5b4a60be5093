/** `MARKREAD`: up to when somebody has read, for all connections of one account. Source: IRCv3 read-marker. */
import type { OutgoingLine } from './encode.ts';

export const READ_MARKER = 'draft/read-marker';

/** Years that the form of the time has room for. */
const LATEST_MS = Date.UTC(9999, 11, 31);

/** @param timeMs milliseconds since 1970, by the server's clock; undefined for a time that cannot be written */
export function markRead(target: string, timeMs: number): OutgoingLine | undefined {
  if (!Number.isFinite(timeMs) || timeMs < 0 || timeMs > LATEST_MS) return undefined;
  return { command: 'MARKREAD', params: [target, `timestamp=${new Date(timeMs).toISOString()}`] };
}
