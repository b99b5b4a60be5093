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
  if (result.ok || result.error.retry !== 'never') return result;
  // Whoever is out already is refused with 403, as are we where we may not.
  const isOut = await isOneOf(call, as, room, userId, ['leave', 'ban']);
  return isOut.ok && isOut.value ? ok(undefined) : result;
}

/** As state: Dendrite's /ban answers 500 for a person of ours who has no account (any more, or yet). */
export const ban = (call: Call, as: string, room: string, userId: string, reason: string): Promise<Result<void>> =>
  writeMember(call, as, room, userId, { membership: 'ban', reason });

/**
 * By its own call and not by a `leave` in the state, which would throw out whoever is in by now. Asked first, since
 * Dendrite answers 500 for somebody who never was there.
 */
export async function unban(
  call: Call,
  as: string,
  room: string,
  userId: string,
  reason: string,
): Promise<Result<void>> {
  const isBanned = await isOneOf(call, as, room, userId, ['ban']);
  if (!isBanned.ok) return isBanned;
  return isBanned.value ? post(call, as, room, 'unban', { user_id: userId, reason }) : ok(undefined);
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
  return writeMember(call, as, room, userId, { membership: 'leave', reason });
}

const memberPath = (room: string, userId: string): string[] => [
  'client',
  'v3',
  'rooms',
  room,
  'state',
  'm.room.member',
  userId,
];

const writeMember = async (call: Call, as: string, room: string, userId: string, body: object): Promise<Result<void>> =>
  nothing(objectOf(await call({ method: 'PUT', path: memberPath(room, userId), as, body }), 'repeatable'));

const post = async (call: Call, as: string, room: string, verb: string, body: object): Promise<Result<void>> =>
  nothing(
    objectOf(await call({ method: 'POST', path: ['client', 'v3', 'rooms', room, verb], as, body }), 'repeatable'),
  );

/** Somebody without any membership counts as one who left. */
async function isOneOf(
  call: Call,
  as: string,
  room: string,
  userId: string,
  memberships: readonly string[],
): Promise<Result<boolean>> {
  const outcome = await call({ method: 'GET', path: memberPath(room, userId), as });
  if ('answer' in outcome && outcome.answer.status === 404) return ok(memberships.includes('leave'));
  const content = objectOf(outcome, 'repeatable');
  return content.ok ? ok(memberships.includes(String(content.value.membership))) : content;
}
