import type { MessageKey } from '../../core/ids.ts';
import type { OutgoingLine, Voice } from '../../ports/network.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import type { Composed } from '../to-network/line-composer.ts';

type Prepared = Pick<OutgoingLine, 'parts' | 'stamp' | 'replyTo' | 'edits'> & Partial<Pick<OutgoingLine, 'style'>>;

/**
 * What a line is stored as before it is first written: its parts, what its voice wants to have stored with it, and what it is
 * about. A plain line is its parts alone.
 */
export function prepare(voice: Voice, row: OutboxRow, made: Composed | readonly string[]): string {
  const stamp = voice.stamp?.(preparedOf(row).stamp);
  const stamped = stamp === undefined ? {} : { stamp };
  if ('parts' in made) return JSON.stringify({ ...made, ...stamped });
  return JSON.stringify(stamp === undefined ? made : { parts: made, stamp });
}

/** What a row was made into before it was first written. */
export function preparedOf(row: OutboxRow): Prepared {
  const stored: unknown = JSON.parse(row.detail ?? '[]');
  if (Array.isArray(stored)) return { parts: texts(stored) };
  if (typeof stored !== 'object' || stored === null) return { parts: [] };
  const { parts, stamp, style, replyTo, edits } = stored as Record<string, unknown>;
  return {
    parts: texts(parts),
    ...(typeof stamp === 'string' && { stamp }),
    ...((style === 'text' || style === 'action' || style === 'notice') && { style }),
    ...(typeof replyTo === 'string' && { replyTo: replyTo as MessageKey }),
    ...(typeof edits === 'string' && { edits: edits as MessageKey }),
  };
}

const texts = (stored: unknown): string[] =>
  Array.isArray(stored) ? stored.filter((part): part is string => typeof part === 'string') : [];
