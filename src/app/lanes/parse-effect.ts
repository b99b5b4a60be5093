import type { Effect } from '../../core/events.ts';

/** An effect as this program stored it; undefined for what it cannot have stored. */
export function parseEffect(payload: string): Effect | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null && 'op' in value ? withProvenance(value as Effect) : undefined;
  } catch {
    return undefined;
  }
}

/** Versions before provenance stored no more than the account; such a row may still wait after an update. */
function withProvenance(effect: Effect): Effect {
  if (effect.op !== 'matrix.message' || effect.provenance !== undefined) return effect;
  const { account } = effect as { readonly account?: string | null };
  const { network, nick } = effect;
  const assurance = account === undefined || account === null ? 'anonymous' : 'peer-vouched';
  const unknown = { channel: '', origin: null, msgid: null, signature: 'none' } as const;
  return { ...effect, provenance: { network, nick, account: account ?? null, assurance, ...unknown } };
}

/** The same, about this room, where there is one: another may have taken the place of the one that the row names. */
export function effectIn(room: string | undefined, payload: string): Effect | undefined {
  const effect = parseEffect(payload);
  return effect === undefined || room === undefined || !('room' in effect) ? effect : { ...effect, room };
}
