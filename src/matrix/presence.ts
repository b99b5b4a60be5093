import { ok, type Result } from '../core/errors.ts';
import { type Presence, readPresence } from '../core/presence.ts';
import { type Call, objectOf } from './call.ts';
import { nothing } from './ghosts.ts';

const pathOf = (userId: string): readonly string[] => ['client', 'v3', 'presence', userId, 'status'];

/** @returns undefined where the homeserver never heard of any, or tells nobody */
export async function presenceOf(call: Call, botId: string, userId: string): Promise<Result<Presence | undefined>> {
  const outcome = await call({ method: 'GET', path: [...pathOf(userId)], as: botId });
  if ('answer' in outcome && (outcome.answer.status === 404 || outcome.answer.status === 403)) return ok(undefined);
  const result = objectOf(outcome, 'repeatable');
  return result.ok ? ok(readPresence(result.value)) : result;
}

/** Dendrite answers 200 and forgets it where `global.presence.enable_outbound` is off, and keeps the status of before where none is given. */
export async function setPresence(call: Call, as: string, { state, status }: Presence): Promise<Result<void>> {
  const body = { presence: state, status_msg: status ?? '' };
  return nothing(objectOf(await call({ method: 'PUT', path: [...pathOf(as)], as, body }), 'repeatable'));
}

/** Shows that somebody has read a room up to this event. */
export async function markRead(call: Call, as: string, room: string, eventId: string): Promise<Result<void>> {
  const path = ['client', 'v3', 'rooms', room, 'receipt', 'm.read', eventId];
  return nothing(objectOf(await call({ method: 'POST', path, as, body: {} }), 'repeatable'));
}
