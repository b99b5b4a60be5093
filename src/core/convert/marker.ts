/**
 * The mark in the content of every event that we send. It says where the line comes from, and its `keys` let a send
 * of which nobody knows whether it arrived be looked up instead of repeated.
 */
export const MARKER = 'coop.causeway.bridged';

export type Marker = {
  /** Keys of the effects in this event; several where lines were joined. */
  readonly keys: readonly string[];
  readonly network?: string;
  readonly nick?: string;
  readonly account?: string | null;
};

/** Keys in an event's marker. Only meaningful for events whose sender is ours: anybody can write a marker. */
export function markerKeys(content: Readonly<Record<string, unknown>>): readonly string[] {
  const marker = content[MARKER];
  if (typeof marker !== 'object' || marker === null) return [];
  const keys = (marker as Record<string, unknown>).keys;
  return Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string') : [];
}
