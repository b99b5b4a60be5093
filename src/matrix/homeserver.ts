import { fail, ok, type Result } from '../core/errors.ts';
import { nextPageToken } from '../core/room/page-token.ts';
import type { Clock } from '../ports/clock.ts';
import type { Failpoint } from '../ports/failpoint.ts';
import type { Log } from '../ports/log.ts';
import type { Homeserver } from '../ports/matrix.ts';
import { isNotThere, LONG_PATIENCE_MS, makeCall, type Outcome, objectOf, refusalOf } from './call.ts';
import { displayName, nothing, registerGhost, setDisplayName, silence } from './ghosts.ts';
import { failureToError, isForeign, refusalToError } from './http-errors.ts';
import { openMedia, upload } from './media.ts';
import * as membership from './membership.ts';
import { markRead, presenceOf, setPresence } from './presence.ts';
import { probe } from './probe.ts';
import { makeProfileFields } from './profile-fields.ts';
import * as rooms from './rooms.ts';
import { validateEvents } from './validate-event.ts';

export type HomeserverOptions = {
  /** Base of the client-server API, without a slash at the end. */
  readonly url: string;
  readonly serverName: string;
  readonly asToken: string;
  readonly botLocalpart: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly failpoint: Failpoint;
};

/** The homeserver as application service, over the SDK's client with our own transport below it (see call.ts). */
export function makeHomeserver(options: HomeserverOptions): Homeserver {
  const { log, clock } = options;
  const botId = `@${options.botLocalpart}:${options.serverName}`;
  let problem: string | undefined;
  const call = makeCall({
    url: options.url,
    asToken: options.asToken,
    told: (outcome) => {
      problem = problemIn(outcome);
    },
  });

  const refused = (where: string) => (field: string, eventId: string | undefined) =>
    log.warn('An event is left out, because it is not what Matrix says.', { where, field, eventId });

  const once = async (spec: Parameters<typeof call>[0]): Promise<Result<string>> =>
    rooms.stringIn(objectOf(await call({ ...spec, patienceMs: LONG_PATIENCE_MS }), 'once'), 'event_id');

  const describeProfile = makeProfileFields(call, botId);

  return {
    botId,
    serverName: options.serverName,
    probe: () => probe(call, botId),

    send: async (as, room, type, txnId, content, tsMs) => {
      const path = ['client', 'v3', 'rooms', room, 'send', type, txnId];
      const result = await once({ method: 'PUT', path, as, query: { ts: tsMs }, body: content });
      if (result.ok) options.failpoint('after-matrix-answer');
      return result;
    },
    sendState: async (as, room, type, stateKey, content) => {
      const path = ['client', 'v3', 'rooms', room, 'state', type, stateKey];
      return rooms.stringIn(
        objectOf(await call({ method: 'PUT', path, as, body: content, patienceMs: LONG_PATIENCE_MS }), 'repeatable'),
        'event_id',
      );
    },
    typing: async (as, room, forMs) => {
      const path = ['client', 'v3', 'rooms', room, 'typing', as];
      const body = forMs > 0 ? { typing: true, timeout: forMs } : { typing: false };
      return nothing(objectOf(await call({ method: 'PUT', path, as, body }), 'repeatable'));
    },
    presenceOf: (userId) => presenceOf(call, botId, userId),
    setPresence: (as, presence) => setPresence(call, as, presence),
    markRead: (as, room, eventId) => markRead(call, as, room, eventId),
    redact: (as, room, eventId, txnId, reason) =>
      once({
        method: 'PUT',
        path: ['client', 'v3', 'rooms', room, 'redact', eventId, txnId],
        as,
        body: reason === undefined ? {} : { reason },
      }),

    state: async (room) => {
      const outcome = await call({ method: 'GET', path: ['client', 'v3', 'rooms', room, 'state'], as: botId });
      if ('failure' in outcome) return fail(failureToError(outcome.failure, 'repeatable'));
      const { status, json } = outcome.answer;
      if (status === 200 && Array.isArray(json)) return ok(validateEvents(json, refused('state'), room));
      return fail(refusalToError(refusalOf(outcome.answer), 'repeatable'));
    },
    stateContent: async (room, type, stateKey) => {
      const path = ['client', 'v3', 'rooms', room, 'state', type, stateKey];
      const outcome = await call({ method: 'GET', path, as: botId });
      if (isNotThere(outcome)) return ok(undefined);
      return objectOf(outcome, 'repeatable');
    },
    messages: async (as, room, from, limit) => {
      const path = ['client', 'v3', 'rooms', room, 'messages'];
      const result = objectOf(await call({ method: 'GET', path, as, query: { dir: 'b', limit, from } }), 'repeatable');
      if (!result.ok) return result;
      const { chunk, end } = result.value;
      const events = validateEvents(chunk, refused('messages'), room);
      const hasMore = typeof end === 'string' && end !== '' && end !== from;
      return ok({ events, ...(hasMore ? { end: nextPageToken(end, from) } : {}) });
    },

    event: async (room, eventId) => {
      const path = ['client', 'v3', 'rooms', room, 'event', eventId];
      const outcome = await call({ method: 'GET', path, as: botId });
      if (isNotThere(outcome)) return ok(undefined);
      const result = objectOf(outcome, 'repeatable');
      return result.ok ? ok(validateEvents([result.value], refused('event'), room)[0]) : result;
    },
    joinedMembers: (room) => rooms.joinedMembers(call, botId, room),
    joinedRooms: (as) => rooms.joinedRooms(call, as),
    displayName: (userId) => displayName(call, botId, userId),
    resolveAlias: (alias) => rooms.resolveAlias(call, botId, alias),
    createRoom: (room) => rooms.createRoom(call, botId, room),
    createAlias: (alias, room) => rooms.createAlias(call, botId, alias, room),
    join: (as, room, via) => rooms.join(call, clock, as, room, via),
    leave: (as, room, reason) => rooms.leave(call, as, room, reason),
    invite: (as, room, userId) => membership.invite(call, as, room, userId),
    kick: (as, room, userId, reason) => membership.kick(call, as, room, userId, reason),
    ban: (as, room, userId, reason) => membership.ban(call, as, room, userId, reason),
    unban: (as, room, userId, reason) => membership.unban(call, as, room, userId, reason),
    rejectKnock: (as, room, userId, reason) => membership.rejectKnock(call, as, room, userId, reason),
    isPublished: (room) => rooms.isPublished(call, botId, room),
    publish: (room, published) => rooms.publish(call, botId, room, published),
    registerGhost: (localpart) => registerGhost(call, clock, localpart),
    setDisplayName: async (as, name, about) => {
      const named = await setDisplayName(call, as, name);
      if (named.ok && about !== undefined) await describeProfile(as, about);
      return named;
    },
    silence: (as) => silence(call, as),
    openMedia: (mxc) => openMedia(options, mxc),
    upload: (as, file, type, name) => upload(options, as, file, type, name),

    get health() {
      return problem === undefined ? { reachable: true } : { reachable: false, problem };
    },
  };
}

/** What stops us from working with the homeserver as a whole; not what it refuses of a single request. */
function problemIn(outcome: Outcome): string | undefined {
  if ('failure' in outcome) return failureToError(outcome.failure, 'repeatable').text;
  const refusal = refusalOf(outcome.answer);
  const isUnreadable = refusal.status < 300 && outcome.answer.json === undefined;
  return isUnreadable || isForeign(refusal) || AWAY.has(refusal.status)
    ? refusalToError(refusal, 'repeatable').text
    : undefined;
}

const AWAY: ReadonlySet<number> = new Set([401, 502, 503, 504]);
