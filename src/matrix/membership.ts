import { ok, type Result } from '../core/errors.ts';
import { type Call, isNotThere, objectOf } from './call.ts';
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
  if (result.ok || (result.error.retry !== 'never' && !isFault(result))) return result;
  // Whoever is out already is refused with 403, as are we where we may not.
  const membership = await membershipOf(call, as, room, userId);
  if (!membership.ok) return result;
  if (membership.value === 'leave' || membership.value === 'ban') return ok(undefined);
  return isFault(result) && membership.value === 'invite'
    ? writeMember(call, as, room, userId, { membership: 'leave', reason })
    : result;
}

/** As state, see {@link isFault}. */
export const ban = (call: Call, as: string, room: string, userId: string, reason: string): Promise<Result<void>> =>
  writeMember(call, as, room, userId, { membership: 'ban', reason });

/** By its own call, and not by a `leave` in the state, which would throw out whoever came in meanwhile. */
export async function unban(
  call: Call,
  as: string,
  room: string,
  userId: string,
  reason: string,
): Promise<Result<void>> {
  const membership = await membershipOf(call, as, room, userId);
  if (!membership.ok) return membership;
  if (membership.value !== 'ban') return ok(undefined);
  const result = await post(call, as, room, 'unban', { user_id: userId, reason });
  return isFault(result) ? writeMember(call, as, room, userId, { membership: 'leave', reason }) : result;
}

/** Dendrite's /kick answers 403 for somebody who knocks, so the `leave` is written as state. */
export async function rejectKnock(
  call: Call,
  as: string,
  room: string,
  userId: string,
  reason: string,
): Promise<Result<void>> {
  const membership = await membershipOf(call, as, room, userId);
  if (!membership.ok) return membership;
  return membership.value === 'knock'
    ? writeMember(call, as, room, userId, { membership: 'leave', reason })
    : ok(undefined);
}

/**
 * Dendrite answers 500 to /kick, /ban and /unban of a person of ours who has no account, though it lets one be invited.
 * Membership written as state has no such fault.
 */
const isFault = (result: Result<void>): boolean => !result.ok && result.error.code === 'matrix.server-error';

const post = async (call: Call, as: string, room: string, verb: string, body: object): Promise<Result<void>> =>
  nothing(
    objectOf(await call({ method: 'POST', path: ['client', 'v3', 'rooms', room, verb], as, body }), 'repeatable'),
  );

const memberPath = (room: string, userId: string): string[] => [
  ...['client', 'v3', 'rooms', room, 'state'],
  ...['m.room.member', userId],
];

const writeMember = async (call: Call, as: string, room: string, userId: string, body: object): Promise<Result<void>> =>
  nothing(objectOf(await call({ method: 'PUT', path: memberPath(room, userId), as, body }), 'repeatable'));

/** `leave` also for somebody who never was there. */
async function membershipOf(call: Call, as: string, room: string, userId: string): Promise<Result<string>> {
  const outcome = await call({ method: 'GET', path: memberPath(room, userId), as });
  if (isNotThere(outcome)) return ok('leave');
  const content = objectOf(outcome, 'repeatable');
  return content.ok ? ok(String(content.value.membership)) : content;
}
