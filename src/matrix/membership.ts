import { ok, type Result } from '../core/errors.ts';
import { type Call, objectOf } from './call.ts';
import { nothing } from './ghosts.ts';

/** What one person does about another's membership of a room. Each may be repeated, and says yes where it is so already. */

export const invite = (call: Call, as: string, room: string, userId: string): Promise<Result<void>> =>
  post(call, as, room, 'invite', { user_id: userId });

export async function kick(
  call: Call,
  as: string,
  room: string,
  userId: string,
  reason: string,
): Promise<Result<void>> {
  const result = await post(call, as, room, 'kick', { user_id: userId, reason });
  return refusedFor(result, () => isOneOf(call, as, room, userId, ['leave', 'ban']));
}

export async function ban(call: Call, as: string, room: string, userId: string, reason: string): Promise<Result<void>> {
  const result = await post(call, as, room, 'ban', { user_id: userId, reason });
  return refusedFor(result, () => isOneOf(call, as, room, userId, ['ban']));
}

/** By its own call and not by a `leave` in the state, which would throw out whoever is in by now. */
export async function unban(
  call: Call,
  as: string,
  room: string,
  userId: string,
  reason: string,
): Promise<Result<void>> {
  const result = await post(call, as, room, 'unban', { user_id: userId, reason });
  return refusedFor(result, () => isOneOf(call, as, room, userId, ['leave', 'invite', 'join', 'knock']));
}

/** Dendrite's /kick answers 403 for somebody who knocks, so the `leave` is written as state. */
export async function rejectKnock(
  call: Call,
  as: string,
  room: string,
  userId: string,
  reason: string,
): Promise<Result<void>> {
  const knocks = await isOneOf(call, as, room, userId, ['knock']);
  if (!knocks.ok) return knocks;
  if (!knocks.value) return ok(undefined);
  const path = ['client', 'v3', 'rooms', room, 'state', 'm.room.member', userId];
  const body = { membership: 'leave', reason };
  return nothing(objectOf(await call({ method: 'PUT', path, as, body }), 'repeatable'));
}

const post = async (call: Call, as: string, room: string, verb: string, body: object): Promise<Result<void>> =>
  nothing(
    objectOf(await call({ method: 'POST', path: ['client', 'v3', 'rooms', room, verb], as, body }), 'repeatable'),
  );

/** A refusal for good counts as success where what was asked for is so already. */
async function refusedFor(result: Result<void>, isSo: () => Promise<Result<boolean>>): Promise<Result<void>> {
  if (result.ok || result.error.retry !== 'never') return result;
  const found = await isSo();
  return found.ok && found.value ? ok(undefined) : result;
}

/** Somebody without any membership counts as one who left. */
async function isOneOf(
  call: Call,
  as: string,
  room: string,
  userId: string,
  memberships: readonly string[],
): Promise<Result<boolean>> {
  const path = ['client', 'v3', 'rooms', room, 'state', 'm.room.member', userId];
  const outcome = await call({ method: 'GET', path, as });
  if ('answer' in outcome && outcome.answer.status === 404) return ok(memberships.includes('leave'));
  const content = objectOf(outcome, 'repeatable');
  return content.ok ? ok(memberships.includes(String(content.value.membership))) : content;
}
