import type { SayOnNetwork } from '../core/events.ts';
import type { OutgoingLine, Voice } from '../ports/network.ts';
import type { OutboxRow } from '../ports/stores.ts';

type Prepared = Pick<OutgoingLine, 'parts' | 'stamp'>;

/** What a line is stored as before it is first written: its parts, and what its voice wants to have stored with it. */
export function prepare(voice: Voice, row: OutboxRow, { line, style }: SayOnNetwork): string {
  const parts = voice.split(line, style);
  const stamp = voice.stamp?.(preparedOf(row).stamp);
  return JSON.stringify(stamp === undefined ? parts : { parts, stamp });
}

/** What a row was made into before it was first written. */
export function preparedOf(row: OutboxRow): Prepared {
  const stored: unknown = JSON.parse(row.detail ?? '[]');
  if (Array.isArray(stored)) return { parts: texts(stored) };
  if (typeof stored !== 'object' || stored === null || !('parts' in stored)) return { parts: [] };
  const parts = texts(stored.parts);
  return 'stamp' in stored && typeof stored.stamp === 'string' ? { parts, stamp: stored.stamp } : { parts };
}

const texts = (stored: unknown): string[] =>
  Array.isArray(stored) ? stored.filter((part): part is string => typeof part === 'string') : [];
