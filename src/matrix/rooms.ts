import { randomUUID } from 'node:crypto';
import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { CreateRoom, RoomMember } from '../ports/matrix.ts';
import { type Call, isNotThere, LONG_PATIENCE_MS, type Outcome, objectOf } from './call.ts';
import { nothing } from './ghosts.ts';
import { isObject } from './validate-event.ts';

/** Creates a room and nothing else: invitations and alias are steps of their own, which Dendrite does half-way here. */
export async function createRoom(call: Call, botId: string, room: CreateRoom): Promise<Result<string>> {
  const result = objectOf(
    await call({
      method: 'POST',
      path: ['client', 'v3', 'createRoom'],
      as: botId,
      patienceMs: LONG_PATIENCE_MS,
      body: {
        name: room.name,
        ...(room.topic === undefined ? {} : { topic: room.topic }),
        // Dendrite takes a missing preset for invite-only, and a missing version for 10.
        preset: room.preset,
        room_version: room.roomVersion,
        // From version 12 on a room's id is the hash of its first event: two rooms made in one millisecond would be one.
        creation_content: { ...room.creationContent, 'coop.causeway.nonce': randomUUID() },
        ...(room.visibility === undefined ? {} : { visibility: room.visibility }),
        initial_state: room.initialState,
        power_level_content_override: powerLevelsFor(room.roomVersion, botId, room.powerLevels),
      },
    }),
    'once',
  );
  return stringIn(result, 'room_id');
}

/** From version 12 on the creator has all power and must not be listed (room version 12, MSC4289). */
function powerLevelsFor(roomVersion: string, creator: string, powerLevels: object): object {
  const users = (powerLevels as { users?: unknown }).users;
  if (!hasPowerfulCreators(roomVersion) || !isObject(users)) return powerLevels;
  const { [creator]: _, ...others } = users;
  return { ...powerLevels, users: others };
}

const hasPowerfulCreators = (roomVersion: string): boolean => /^\d+$/.test(roomVersion) && Number(roomVersion) >= 12;

export async function resolveAlias(call: Call, botId: string, alias: string): Promise<Result<string | undefined>> {
  const outcome = await call({ method: 'GET', path: ['client', 'v3', 'directory', 'room', alias], as: botId });
  if (isNotThere(outcome)) return ok(undefined);
  return stringIn(objectOf(outcome, 'repeatable'), 'room_id');
}

/** Made by the bot: in an exclusive namespace Dendrite takes it from nobody else. */
export async function createAlias(call: Call, botId: string, alias: string, room: string): Promise<Result<void>> {
  const outcome = await call({
    method: 'PUT',
    path: ['client', 'v3', 'directory', 'room', alias],
    as: botId,
    body: { room_id: room },
  });
  if (!('answer' in outcome) || outcome.answer.status !== 409) return nothing(objectOf(outcome, 'repeatable'));
  const target = await resolveAlias(call, botId, alias);
  if (!target.ok) return target;
  if (target.value === room) return ok(undefined);
  return fail({
    code: 'matrix.alias-taken',
    text: `The address ${alias} belongs to another room. Remove it there, or choose another address for this channel.`,
    retry: 'never',
    notify: 'log',
  });
}

const PENDING_POLL_MS = 1_000;

/**
 * Joins, and waits for a join that Dendrite goes on with in the background (202 after 20 s).
 * @param via servers to join through; needed for rooms of other servers, since room ids of version 12 name none
 */
export async function join(
  call: Call,
  clock: Clock,
  as: string,
  room: string,
  via: readonly string[] = [],
): Promise<Result<void>> {
  const untilMs = clock.nowMs() + LONG_PATIENCE_MS;
  const outcome = await call({
    method: 'POST',
    path: ['client', 'v3', 'join', room],
    as,
    query: { via, server_name: via },
    body: {},
    patienceMs: LONG_PATIENCE_MS,
  });
  if (isRestrictedRefusal(outcome)) return fail(RESTRICTED);
  if (!('answer' in outcome) || outcome.answer.status !== 202) return nothing(objectOf(outcome, 'repeatable'));
  while (clock.nowMs() < untilMs) {
    const rooms = await joinedRooms(call, as);
    if (rooms.ok && rooms.value.includes(room)) return ok(undefined);
    await new Promise<void>((resolve) => clock.after(PENDING_POLL_MS, resolve));
  }
  return fail({
    code: 'matrix.join-pending',
    text: 'The homeserver is still joining this room in the background. It will be looked at again.',
    retry: 'later',
    notify: 'log',
  });
}

const RESTRICTED: BridgeError = {
  code: 'matrix.forbidden',
  text: 'The room lets in only members of its Space. Invite them, or let them join the Space first.',
  retry: 'never',
  notify: 'room',
};

/** Dendrite answers 500 `{"Err":""}`, not 403, to whom a restricted room does not let in. */
const isRestrictedRefusal = (outcome: Outcome): boolean =>
  'answer' in outcome &&
  outcome.answer.status === 500 &&
  isObject(outcome.answer.json) &&
  Object.keys(outcome.answer.json).join() === 'Err';

/** Success also where they are not in the room. By a state event where there is a reason, which Dendrite's /leave forgets. */
export async function leave(call: Call, as: string, room: string, reason?: string): Promise<Result<void>> {
  const outcome =
    reason === undefined
      ? await call({ method: 'POST', path: ['client', 'v3', 'rooms', room, 'leave'], as, body: {} })
      : await call({
          method: 'PUT',
          path: ['client', 'v3', 'rooms', room, 'state', 'm.room.member', as],
          as,
          body: { membership: 'leave', reason },
        });
  const result = nothing(objectOf(outcome, 'repeatable'));
  if (result.ok || !('answer' in outcome) || outcome.answer.status >= 404) return result;
  // Whoever is out already is refused with 400 or 403.
  const joined = await joinedRooms(call, as);
  return joined.ok && !joined.value.includes(room) ? ok(undefined) : result;
}

export async function joinedRooms(call: Call, as: string): Promise<Result<readonly string[]>> {
  const result = objectOf(await call({ method: 'GET', path: ['client', 'v3', 'joined_rooms'], as }), 'repeatable');
  if (!result.ok) return result;
  const rooms = result.value.joined_rooms;
  return ok(Array.isArray(rooms) ? rooms.filter((room) => typeof room === 'string') : []);
}

export async function joinedMembers(call: Call, botId: string, room: string): Promise<Result<readonly RoomMember[]>> {
  const path = ['client', 'v3', 'rooms', room, 'joined_members'];
  const result = objectOf(await call({ method: 'GET', path, as: botId }), 'repeatable');
  if (!result.ok) return result;
  const joined = isObject(result.value.joined) ? result.value.joined : {};
  return ok(Object.entries(joined).map(([userId, profile]) => ({ userId, displayName: nameIn(profile) })));
}

function nameIn(profile: unknown): string | null {
  const name = isObject(profile) ? profile.display_name : undefined;
  return typeof name === 'string' && name !== '' ? name : null;
}

/** @returns the string that a success must hold under this key */
export function stringIn(result: Result<Readonly<Record<string, unknown>>>, key: string): Result<string> {
  if (!result.ok) return result;
  const value = result.value[key];
  if (typeof value === 'string') return ok(value);
  return fail({
    code: 'matrix.answer-unreadable',
    text: `The homeserver's answer has no ${key}. Does homeserver.url point at a Matrix homeserver?`,
    retry: 'lookup',
    notify: 'log',
  });
}

const directoryPath = (room: string): string[] => ['client', 'v3', 'directory', 'list', 'room', room];

export async function isPublished(call: Call, botId: string, room: string): Promise<Result<boolean>> {
  const result = objectOf(await call({ method: 'GET', path: directoryPath(room), as: botId }), 'repeatable');
  return result.ok ? ok(result.value.visibility === 'public') : result;
}

export async function publish(call: Call, botId: string, room: string, published: boolean): Promise<Result<void>> {
  const body = { visibility: published ? 'public' : 'private' };
  return nothing(objectOf(await call({ method: 'PUT', path: directoryPath(room), as: botId, body }), 'repeatable'));
}
