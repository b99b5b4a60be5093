import type { Effect } from '../core/events.ts';

/** An effect as this program stored it; undefined for what it cannot have stored. */
export function parseEffect(payload: string): Effect | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null && 'op' in value ? (value as Effect) : undefined;
  } catch {
    return undefined;
  }
}
