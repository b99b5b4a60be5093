import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A homeserver in this process that keeps everything in memory and answers at once. It stands in for Dendrite where
 * the bridge alone is measured and Dendrite would take an hour to prepare (10,000 rooms, 1,000 people in one room).
 */
export type StandIn = {
  readonly url: string;
  readonly close: () => Promise<void>;
  /** Somebody joins a room and may speak in it from then on. */
  readonly join: (userId: string, room: string) => void;
  /** Has been in a room all along: nobody is told of it. */
  readonly seed: (userId: string, room: string) => void;
  readonly membership: (userId: string, room: string) => string;
  readonly say: (userId: string, room: string, body: string) => string;
  /** The room of an alias (without server name), once somebody made it. */
  readonly roomOf: (alias: string) => string | undefined;
  /** Told of every message event, with the time at which the request was read. */
  onMessage:
    | ((message: {
        readonly sender: string;
        readonly room: string;
        readonly body: string;
        readonly atMs: number;
      }) => void)
    | undefined;
  /** Told of every request but `/sync` when it was read; the answer waits for what it returns. */
  onRequest: ((method: string, path: string) => Promise<void> | undefined) | undefined;
};

type Event = {
  readonly type: string;
  readonly event_id: string;
  readonly room_id: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly state_key?: string;
  readonly content: Record<string, unknown>;
};
type Room = {
  readonly id: string;
  readonly timeline: Event[];
  readonly state: Map<string, Event>;
  /** The whole state as it is sent, until it changes: of 10,000 members it is megabytes. */
  sent?: Buffer | undefined;
};
type Route = (match: readonly string[], body: Record<string, unknown>, as: string, query: URLSearchParams) => unknown;

const BATCH = 50;
const MOVES: Readonly<Record<string, string>> = { invite: 'invite', kick: 'leave', ban: 'ban', unban: 'leave' };

export async function startStandIn(options: {
  readonly serverName: string;
  readonly hsToken: string;
  readonly pushUrl: string;
}): Promise<StandIn> {
  const { serverName } = options;
  const bot = `@_causeway_bot:${serverName}`;
  const rooms = new Map<string, Room>();
  const aliases = new Map<string, string>();
  const names = new Map<string, string>();
  const all: Event[] = [];
  const polls = new Set<() => void>();
  let nextId = 0;
  let pushed = 0;
  let transaction = 0;
  let pushing = false;
  let closed = false;

  const emit = (
    room: Room,
    sender: string,
    type: string,
    content: Record<string, unknown>,
    stateKey?: string,
  ): string => {
    const event: Event = {
      type,
      event_id: `$${++nextId}`,
      room_id: room.id,
      sender,
      origin_server_ts: Date.now(),
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      content,
    };
    room.timeline.push(event);
    if (stateKey !== undefined) {
      room.state.set(`${type} ${stateKey}`, event);
      room.sent = undefined;
    }
    all.push(event);
    for (const wake of polls) wake();
    void push();
    return event.event_id;
  };
  const roomOf = (id: string | undefined): Room => {
    const room = rooms.get(id ?? '');
    if (room === undefined) throw new Refusal(404, 'M_NOT_FOUND');
    return room;
  };
  const member = (room: Room, userId: string, membership: string, by = userId): { readonly room_id: string } => {
    if (room.state.get(`m.room.member ${userId}`)?.content.membership !== membership)
      emit(room, by, 'm.room.member', { membership, displayname: names.get(userId) ?? userId }, userId);
    return { room_id: room.id };
  };

  /** One transaction in flight, as every homeserver does it. */
  async function push(): Promise<void> {
    if (pushing) return;
    pushing = true;
    while (pushed < all.length && !closed) {
      const events = all.slice(pushed, pushed + BATCH);
      if (
        await handOver(`${options.pushUrl}/_matrix/app/v1/transactions/${transaction}`, options.hsToken, { events })
      ) {
        pushed += events.length;
        transaction++;
      } else await new Promise((retry) => setTimeout(retry, 250));
    }
    pushing = false;
  }

  const routes: readonly (readonly [method: string, pattern: RegExp, route: Route])[] = [
    ['GET', /^\/versions$/, () => ({ versions: ['v1.2'], server: { name: 'stand-in', version: '1' } })],
    ['GET', /^\/v3\/account\/whoami$/, (_, __, as) => ({ user_id: as, device_id: 'STANDIN' })],
    [
      'GET',
      /^\/v3\/capabilities$/,
      () => ({ capabilities: { 'm.room_versions': { default: '11', available: { '11': 'stable' } } } }),
    ],
    ['POST', /^\/v3\/register$/, (_, body) => ({ user_id: `@${body.username}:${serverName}` })],
    [
      'GET',
      /^\/v3\/joined_rooms$/,
      (_, __, as) => ({
        joined_rooms: [...rooms.values()]
          .filter((room) => room.state.get(`m.room.member ${as}`)?.content.membership === 'join')
          .map(({ id }) => id),
      }),
    ],
    [
      'GET',
      /^\/v3\/directory\/room\/(.+)$/,
      ([alias = '']) => {
        const id = aliases.get(alias);
        if (id === undefined) throw new Refusal(404, 'M_NOT_FOUND');
        return { room_id: id, servers: [serverName] };
      },
    ],
    [
      'PUT',
      /^\/v3\/directory\/room\/(.+)$/,
      ([alias = ''], body) => {
        if (aliases.has(alias)) throw new Refusal(409, 'M_UNKNOWN');
        aliases.set(alias, String(body.room_id));
        return {};
      },
    ],
    [
      'POST',
      /^\/v3\/createRoom$/,
      (_, body, as) => {
        const room: Room = { id: `!room${rooms.size}:${serverName}`, timeline: [], state: new Map() };
        rooms.set(room.id, room);
        const creation = (body.creation_content ?? {}) as Record<string, unknown>;
        emit(room, as, 'm.room.create', { ...creation, room_version: '11', creator: as }, '');
        member(room, as, 'join');
        emit(room, as, 'm.room.power_levels', (body.power_level_content_override ?? {}) as Record<string, unknown>, '');
        for (const { type, state_key: key, content } of (body.initial_state ?? []) as Event[])
          emit(room, as, type, content, key ?? '');
        return { room_id: room.id };
      },
    ],
    ['POST', /^\/v3\/join\/(.+)$/, ([id], _, as) => member(roomOf(aliases.get(id ?? '') ?? id), as, 'join')],
    ['POST', /^\/v3\/rooms\/([^/]+)\/leave$/, ([id], _, as) => member(roomOf(id), as, 'leave')],
    [
      'POST',
      /^\/v3\/rooms\/([^/]+)\/(invite|kick|ban|unban)$/,
      ([id, how = ''], body, as) => member(roomOf(id), String(body.user_id), MOVES[how] ?? 'leave', as),
    ],
    [
      'GET',
      /^\/v3\/rooms\/([^/]+)\/state$/,
      ([id]) => {
        const room = roomOf(id);
        room.sent ??= Buffer.from(JSON.stringify([...room.state.values()]));
        return room.sent;
      },
    ],
    [
      'GET',
      /^\/v3\/rooms\/([^/]+)\/state\/([^/]+)\/?([^/]*)$/,
      ([id, type, key]) => {
        const event = roomOf(id).state.get(`${type} ${key}`);
        if (event === undefined) throw new Refusal(404, 'M_NOT_FOUND');
        return event.content;
      },
    ],
    [
      'PUT',
      /^\/v3\/rooms\/([^/]+)\/state\/([^/]+)\/?([^/]*)$/,
      ([id, type = '', key = ''], body, as) => ({ event_id: emit(roomOf(id), as, type, body, key) }),
    ],
    [
      'PUT',
      /^\/v3\/rooms\/([^/]+)\/send\/([^/]+)\/([^/]+)$/,
      ([id, type = ''], body, as) => {
        standIn.onMessage?.({ sender: as, room: id ?? '', body: String(body.body), atMs: performance.now() });
        return { event_id: emit(roomOf(id), as, type, body) };
      },
    ],
    [
      'GET',
      /^\/v3\/rooms\/([^/]+)\/messages$/,
      ([id], _, __, query) => {
        const { timeline } = roomOf(id);
        const end = query.has('from') ? Number(query.get('from')) : timeline.length;
        const from = Math.max(0, end - Number(query.get('limit') ?? 10));
        return {
          chunk: timeline.slice(from, end).reverse(),
          start: String(end),
          ...(from > 0 ? { end: String(from) } : {}),
        };
      },
    ],
    [
      'GET',
      /^\/v3\/rooms\/([^/]+)\/joined_members$/,
      ([id]) => ({
        joined: Object.fromEntries(
          [...roomOf(id).state.values()]
            .filter(({ type, content }) => type === 'm.room.member' && content.membership === 'join')
            .map(({ state_key: userId = '' }) => [userId, { display_name: names.get(userId) ?? userId }]),
        ),
      }),
    ],
    [
      'GET',
      /^\/v3\/profile\/([^/]+)\/displayname$/,
      ([userId = '']) => ({ displayname: names.get(userId) ?? userId.slice(1).split(':')[0] }),
    ],
    [
      'PUT',
      /^\/v3\/profile\/([^/]+)\/displayname$/,
      ([userId = ''], body) => {
        names.set(userId, String(body.displayname));
        return {};
      },
    ],
    ['PUT', /^\/v3\/pushrules\//, () => ({})],
    ['POST', /^\/v3\/user\/[^/]+\/filter$/, () => ({ filter_id: '1' })],
  ];

  async function sync(query: URLSearchParams): Promise<unknown> {
    const since = query.get('since');
    if (since === null) return { next_batch: String(all.length), rooms: {} };
    const from = Number(since);
    if (from >= all.length && Number(query.get('timeout') ?? 0) > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Number(query.get('timeout')));
        const wake = (): void => {
          clearTimeout(timer);
          polls.delete(wake);
          resolve();
        };
        polls.add(wake);
      });
    const join: Record<string, { timeline: { events: Event[]; limited: boolean } }> = {};
    const upTo = Math.min(all.length, from + 1000);
    for (const event of all.slice(from, upTo)) {
      join[event.room_id] ??= { timeline: { events: [], limited: false } };
      join[event.room_id]?.timeline.events.push(event);
    }
    return { next_batch: String(upTo), rooms: { join } };
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://stand-in');
    const path = url.pathname.replace(/^\/_matrix\/client/, '');
    const text = Buffer.concat(await incoming.toArray()).toString('utf8');
    let status = 200;
    let body: unknown;
    try {
      if (path === '/v3/sync') body = await sync(url.searchParams);
      else {
        await standIn.onRequest?.(incoming.method ?? '', path);
        const route = routes.find(([method, pattern]) => method === incoming.method && pattern.test(path));
        if (route === undefined) throw new Refusal(404, 'M_UNRECOGNIZED');
        const match = route[1].exec(path)?.slice(1).map(decodeURIComponent) ?? [];
        body = route[2](
          match,
          text === '' ? {} : JSON.parse(text),
          url.searchParams.get('user_id') ?? bot,
          url.searchParams,
        );
      }
    } catch (error) {
      status = error instanceof Refusal ? error.status : 500;
      body = { errcode: error instanceof Refusal ? error.message : 'M_UNKNOWN', error: String(error) };
    }
    const payload = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': payload.length }).end(payload);
  }

  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing).catch(() => outgoing.destroy()));
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onMessage: undefined,
    onRequest: undefined,
    membership: (userId, room) =>
      String(roomOf(room).state.get(`m.room.member ${userId}`)?.content.membership ?? 'leave'),
    seed: (userId, room) => {
      const event = {
        type: 'm.room.member',
        event_id: `$${++nextId}`,
        room_id: room,
        sender: userId,
        origin_server_ts: Date.now(),
        state_key: userId,
        content: { membership: 'join', displayname: userId.slice(1).split(':')[0] ?? '' },
      };
      const seeded = roomOf(room);
      seeded.state.set(`m.room.member ${userId}`, event);
      seeded.sent = undefined;
    },
    roomOf: (alias) => aliases.get(`${alias}:${serverName}`),
    join: (userId, room) => member(roomOf(room), userId, 'join'),
    say: (userId, room, body) => emit(roomOf(room), userId, 'm.room.message', { msgtype: 'm.text', body }),
    close: () => {
      closed = true;
      for (const wake of polls) wake();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return standIn;
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, errcode: string) {
    super(errcode);
    this.status = status;
  }
}

/** @returns whether it was taken */
function handOver(url: string, token: string, body: object): Promise<boolean> {
  const payload = Buffer.from(JSON.stringify(body));
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': payload.length,
        },
      },
      (incoming) => {
        incoming.resume().on('end', () => resolve(incoming.statusCode === 200));
        incoming.on('error', () => resolve(false));
      },
    );
    outgoing.on('error', () => resolve(false));
    outgoing.end(payload);
  });
}
