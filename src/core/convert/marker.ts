import type { Provenance } from '../identity/provenance.ts';

/**
 * The mark in the content of every event that we send. It says where the line comes from and who vouches for it, and its
 * `keys` let a send of which nobody knows whether it arrived be looked up instead of repeated. It is the same in
 * `m.new_content`. Anybody can write such an object: it says something only in an event whose sender is ours.
 */
export const MARKER = 'coop.causeway.bridged';

export type Marker = Partial<Provenance> & {
  /** Keys of the effects in this event; several where lines were joined. */
  readonly keys: readonly string[];
};

/** @param provenance of whoever did it on a network; none for what the bridge says of itself */
export const markerOf = (keys: readonly string[], provenance?: Provenance): Marker => ({ keys, ...provenance });

/** Keys in an event's marker. Only meaningful for events whose sender is ours. */
export function markerKeys(content: Readonly<Record<string, unknown>>): readonly string[] {
  const marker = content[MARKER];
  if (typeof marker !== 'object' || marker === null) return [];
  const keys = (marker as Record<string, unknown>).keys;
  return Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string') : [];
}
