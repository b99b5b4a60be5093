import { Signal } from '../../src/app/timing/signal.ts';
import { type BridgeError, fail, ok, type Result } from '../../src/core/errors.ts';
import type { MatrixEvent } from '../../src/core/events.ts';
import type { Presence } from '../../src/core/presence.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Homeserver } from '../../src/ports/matrix.ts';
import type { MediaFile } from '../../src/ports/pages.ts';
import type { Life } from './life.ts';

export const SERVER = 'willow.example';
export const BOT = `@_causeway_bot:${SERVER}`;

/** What becomes of one call. Absent: it is carried out and answered. */
export type CallFault =
  /** Carried out and answered after a while. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Carried out at once and answered after a while: the answer is old when it comes. */
  | { readonly kind: 'old'; readonly ms: number }
  /** The answer is lost at once; the call is carried out after a while all the same, as Dendrite does. */
  | { readonly kind: 'lost'; readonly afterMs: number }
  /** Nothing was done. */
  | { readonly kind: 'failed'; readonly error: BridgeError };

const error = (code: string, retry: BridgeError['retry']): BridgeError => ({ code, text: code, retry, notify: 'log' });
export const UNREACHABLE = error('matrix.unreachable', 'later');
export const FORBIDDEN = error('matrix.forbidden', 'never');
/** What Dendrite says of a room that it does not know. */
const ROOM_UNKNOWN = error('matrix.room-unknown', 'never');
/** What a 500 means for a send. */
export const SERVER_ERROR = error('matrix.server-error', 'lookup');
const LOST = { once: error('matrix.answer-lost', 'lookup'), repeatable: error('matrix.answer-lost', 'later') };

const asMediaFile = ({ bytes, type }: { bytes: Uint8Array; type: string }): MediaFile => ({
  type,
  sizeBytes: bytes.length,
  body: (async function* () {
    yield bytes;
  })(),
  close: () => {},
});

type Room = {
  readonly events: MatrixEvent[];
  readonly members: Map<string, string>;
  readonly state: Map<string, MatrixEvent>;
};
type Call = { readonly name: string; readonly as: string; readonly room: string; readonly content?: object };

/**
 * A homeserver that behaves as a live Dendrite was seen to (facts, Appendix E): a send whose connection was cut is carried
 * out, the same send again makes a second event unless the first was answered, and nothing of that outlives a restart.
 */
export class FakeHomeserver {
  readonly rooms = new Map<string, Room>();
  readonly aliases = new Map<string, string>();
  readonly names = new Map<string, string>();
  readonly ghosts = new Set<string>();
  readonly silenced = new Set<string>();
  readonly published = new Set<string>();
  readonly files = new Map<string, { bytes: Uint8Array; type: string; name: string }>();
  readonly presences = new Map<string, Presence>();
  /** Whether it keeps what it is told of presence; as Dendrite, it says yes in any case. */
  keepsPresence = true;
  /** Newest event that somebody has read, by person and room. */
  readonly read = new Map<string, string>();
  readonly calls: string[] = [];
  /** Decides the fate of each call. */
  fault: (call: Call) => CallFault | undefined = () => undefined;
  reachable = true;
  readonly #gone = new Set<string>();
  /** Event id → the moment in which it happened. */
  readonly #moments = new Map<string, number>();
  readonly happened: Signal;
  readonly #clock: Clock;
  readonly #answered = new Map<string, string>();
  /** Of all homeservers together, so that several may use one database. */
  static #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.happened = new Signal(clock);
  }

  room(id: string): Room {
    const room = this.rooms.get(id) ?? { events: [], members: new Map(), state: new Map() };
    this.rooms.set(id, room);
    return room;
  }

  /** Its database is another one, in which there is no such room. */
  loseRoom(id: string): void {
    this.rooms.delete(id);
    for (const [alias, room] of this.aliases) if (room === id) this.aliases.delete(alias);
    this.#gone.add(id);
  }

  /** A person says something, or anything else happens in a room. */
  happen(room: string, sender: string, type: string, content: object, stateKey?: string): MatrixEvent {
    const event: MatrixEvent = {
      event_id: `$${FakeHomeserver.#nextId++}`,
      room_id: room,
      sender,
      type,
      content: content as MatrixEvent['content'],
      origin_server_ts: this.#clock.nowMs(),
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
    };
    const there = this.room(room);
    there.events.push(event);
    if (stateKey !== undefined) there.state.set(`${type} ${stateKey}`, event);
    if (type === 'm.room.member' && stateKey !== undefined)
      there.members.set(stateKey, String(event.content.membership));
    this.happened.raise();
    return event;
  }

  /** What happens meanwhile happens in one moment: its events have one depth, and `/messages` shows them in any order, as Dendrite does. */
  inOneMoment(happen: () => void): void {
    const known = new Set([...this.rooms.values()].flatMap(({ events }) => events));
    happen();
    const moment = ++FakeHomeserver.#nextId;
    for (const { events } of this.rooms.values())
      for (const event of events) if (!known.has(event)) this.#moments.set(event.event_id, moment);
  }

  /** Newest first, as a page shows them. */
  #page(events: readonly MatrixEvent[]): MatrixEvent[] {
    const groups: MatrixEvent[][] = [];
    for (const event of events) {
      const last = groups.at(-1);
      const moment = this.#moments.get(event.event_id);
      if (moment !== undefined && this.#moments.get(last?.at(-1)?.event_id ?? '') === moment) last?.push(event);
      else groups.push([event]);
    }
    return groups.reverse().flat();
  }

  /** Bodies of what ghosts and bot said, each line by itself. */
  saidIn(room: string): string[] {
    return this.room(room)
      .events.filter((event) => event.type === 'm.room.message' && event.sender.startsWith('@_causeway_'))
      .flatMap((event) => String(event.content.body).split('\n'));
  }

  /** The homeserver as one run of the program sees it. */
  connect(life: Life): Homeserver {
    const once = this.#asker(life, 'once');
    const again = this.#asker(life, 'repeatable');
    const member = (room: string, userId: string, membership: string, by = userId): Result<void> => {
      if (this.room(room).members.get(userId) !== membership)
        this.happen(room, by, 'm.room.member', { membership }, userId);
      return ok(undefined);
    };
    const self = this;
    return {
      botId: BOT,
      serverName: SERVER,
      get health() {
        return { reachable: self.reachable };
      },
      probe: () =>
        again({ name: 'probe', as: BOT, room: '' }, () =>
          ok({ software: 'fake', roomVersions: new Map([['12', 'stable' as const]]), defaultRoomVersion: '10' }),
        ),
      send: (as, room, type, txnId, content) =>
        once({ name: 'send', as, room, content }, (isHeard) => {
          const scope = `${room} ${type} ${txnId}`;
          const before = this.#answered.get(scope);
          if (before !== undefined) return ok(before);
          if (this.room(room).members.get(as) !== 'join') return fail(FORBIDDEN);
          const { event_id } = this.happen(room, as, type, content);
          if (isHeard) this.#answered.set(scope, event_id);
          return ok(event_id);
        }),
      sendState: (as, room, type, stateKey, content) =>
        again({ name: 'sendState', as, room, content }, () =>
          ok(this.happen(room, as, type, content, stateKey).event_id),
        ),
      typing: (as, room, forMs) => again({ name: 'typing', as, room, content: { forMs } }, () => ok(undefined)),
      presenceOf: (userId) => again({ name: 'presenceOf', as: userId, room: '' }, () => ok(this.presences.get(userId))),
      setPresence: (as, presence) =>
        again({ name: 'setPresence', as, room: '', content: presence }, () => {
          if (this.keepsPresence) this.presences.set(as, presence);
          return ok(undefined);
        }),
      markRead: (as, room, eventId) =>
        again({ name: 'markRead', as, room, content: { eventId } }, () => {
          this.read.set(`${as} ${room}`, eventId);
          return ok(undefined);
        }),
      event: (room, eventId) =>
        again({ name: 'event', as: BOT, room }, () =>
          ok(this.room(room).events.find((event) => event.event_id === eventId)),
        ),
      redact: (as, room, redacts) =>
        once({ name: 'redact', as, room }, () => ok(this.happen(room, as, 'm.room.redaction', { redacts }).event_id)),
      state: (room) => again({ name: 'state', as: BOT, room }, () => ok([...this.room(room).state.values()])),
      stateContent: (room, type, key) =>
        again({ name: 'stateContent', as: BOT, room }, () => ok(this.room(room).state.get(`${type} ${key}`)?.content)),
      messages: (as, room, from, limit) =>
        again({ name: 'messages', as, room }, () => {
          const { events } = this.room(room);
          const end = from === undefined ? events.length : Number(from);
          const start = Math.max(0, end - limit);
          return ok({ events: this.#page(events.slice(start, end)), ...(start === 0 ? {} : { end: String(start) }) });
        }),
      joinedMembers: (room) =>
        again({ name: 'joinedMembers', as: BOT, room }, () => {
          const joined = [...this.room(room).members].filter(([, membership]) => membership === 'join');
          return ok(joined.map(([userId]) => ({ userId, displayName: this.names.get(userId) ?? null })));
        }),
      joinedRooms: (as) =>
        again({ name: 'joinedRooms', as, room: '' }, () =>
          ok([...this.rooms].filter(([, room]) => room.members.get(as) === 'join').map(([id]) => id)),
        ),
      displayName: (userId) =>
        again({ name: 'displayName', as: userId, room: '' }, () => ok(this.names.get(userId) ?? null)),
      resolveAlias: (alias) => again({ name: 'resolveAlias', as: BOT, room: alias }, () => ok(this.aliases.get(alias))),
      createRoom: (wish) =>
        once({ name: 'createRoom', as: BOT, room: '' }, () => {
          const room = `!${FakeHomeserver.#nextId++}:${SERVER}`;
          const origin = { ...wish.creationContent, room_version: wish.roomVersion };
          this.happen(room, BOT, 'm.room.create', origin, '');
          this.happen(room, BOT, 'm.room.member', { membership: 'join' }, BOT);
          this.happen(room, BOT, 'm.room.power_levels', wish.powerLevels, '');
          if (wish.visibility === 'public') this.published.add(room);
          for (const { type, state_key, content } of wish.initialState)
            this.happen(room, BOT, type, content, state_key);
          return ok(room);
        }),
      createAlias: (alias, room) =>
        again({ name: 'createAlias', as: BOT, room: alias }, () => {
          const holder = this.aliases.get(alias);
          if (holder !== undefined && holder !== room) return fail(error('matrix.alias-taken', 'never'));
          this.aliases.set(alias, room);
          return ok(undefined);
        }),
      join: (as, room) => again({ name: 'join', as, room }, () => member(room, as, 'join')),
      leave: (as, room) => again({ name: 'leave', as, room }, () => member(room, as, 'leave')),
      invite: (as, room, userId) => again({ name: 'invite', as, room }, () => member(room, userId, 'invite', as)),
      kick: (as, room, userId) =>
        again({ name: 'kick', as, room }, () =>
          ['join', 'invite'].includes(this.room(room).members.get(userId) ?? '')
            ? member(room, userId, 'leave', as)
            : ok(undefined),
        ),
      ban: (as, room, userId) => again({ name: 'ban', as, room }, () => member(room, userId, 'ban', as)),
      unban: (as, room, userId) =>
        again({ name: 'unban', as, room }, () =>
          this.room(room).members.get(userId) === 'ban' ? member(room, userId, 'leave', as) : ok(undefined),
        ),
      rejectKnock: (as, room, userId) =>
        again({ name: 'rejectKnock', as, room }, () =>
          this.room(room).members.get(userId) === 'knock' ? member(room, userId, 'leave', as) : ok(undefined),
        ),
      isPublished: (room) => again({ name: 'isPublished', as: BOT, room }, () => ok(this.published.has(room))),
      publish: (room, published) =>
        again({ name: 'publish', as: BOT, room }, () => {
          this.published[published ? 'add' : 'delete'](room);
          return ok(undefined);
        }),
      registerGhost: (localpart) =>
        again({ name: 'register', as: `@${localpart}:${SERVER}`, room: '' }, () => {
          this.ghosts.add(`@${localpart}:${SERVER}`);
          return ok(undefined);
        }),
      setDisplayName: (as, name) =>
        again({ name: 'setDisplayName', as, room: '' }, () => {
          this.names.set(as, name);
          return ok(undefined);
        }),
      openMedia: (mxc) =>
        again({ name: 'openMedia', as: BOT, room: '' }, () => {
          const file = this.files.get(mxc);
          return file === undefined ? fail(error('matrix.not-found', 'never')) : ok(asMediaFile(file));
        }),
      upload: (as, bytes, type, name) =>
        again({ name: 'upload', as, room: '' }, () => {
          const mxc = `mxc://${SERVER}/file${this.files.size + 1}`;
          this.files.set(mxc, { bytes, type, name });
          return ok(mxc);
        }),
      silence: (as) =>
        again({ name: 'silence', as, room: '' }, () => {
          this.silenced.add(as);
          return ok(undefined);
        }),
    };
  }

  #asker(life: Life, kind: 'once' | 'repeatable') {
    return <T>(call: Call, doIt: (isHeard: boolean) => Result<T>): Promise<Result<T>> => {
      const work = (isHeard: boolean) => (this.#gone.has(call.room) ? fail(ROOM_UNKNOWN) : doIt(isHeard));
      if (life.isOver) return new Promise(() => {});
      this.calls.push(`${call.name} ${call.as} ${call.room}`.trim());
      const fault = this.fault(call);
      const answer = async (): Promise<Result<T>> => {
        switch (fault?.kind) {
          case undefined:
            await null;
            return work(!life.isOver);
          case 'slow':
            await new Promise<void>((resolve) => this.#clock.after(fault.ms, resolve));
            return work(!life.isOver);
          case 'old': {
            const result = work(!life.isOver);
            await new Promise<void>((resolve) => this.#clock.after(fault.ms, resolve));
            return result;
          }
          case 'lost':
            this.#clock.after(fault.afterMs, () => void work(false));
            return fail(LOST[kind]);
          case 'failed':
            return fail(fault.error);
        }
      };
      return life.hear(answer());
    };
  }
}
