import { nextPageToken } from '../../core/room/page-token.ts';
import { type WaitOptions, waitUntil } from './wait.ts';

export type MatrixEvent = {
  readonly type: string;
  readonly event_id: string;
  readonly room_id: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly state_key?: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly unsigned?: Readonly<Record<string, unknown>>;
  readonly redacts?: string;
  /** When it arrived here, by this machine's wall clock, in milliseconds; only on events of the sync loop. */
  readonly atMs?: number;
};

/** An answer of the homeserver that is no success. */
export class MatrixRefusal extends Error {
  readonly status: number;
  readonly errcode: string;

  constructor(status: number, body: { readonly errcode?: string; readonly error?: string }, what: string) {
    super(`${what}: ${status} ${body.errcode ?? ''} ${body.error ?? ''}`);
    this.status = status;
    this.errcode = body.errcode ?? '';
  }
}

const SYNC_MS = 20_000;
const REQUEST_MS = 60_000;
const RETRY_MS = 100;
const PAGE = 500;

/** Somebody in a plain Matrix client: `fetch`, a sync loop, every event kept. */
export class MatrixUser {
  /** What the sync loop saw, in its order, each event once. `/sync` of Dendrite can skip events for ever: count in {@link history}. */
  readonly events: MatrixEvent[] = [];
  readonly userId: string;
  readonly token: string;
  readonly #url: string;
  readonly #seen = new Set<string>();
  readonly #end = new AbortController();
  #since: string | undefined;
  #syncing: Promise<void> | undefined;
  #transactions = 0;
  readonly #session = Math.random().toString(36).slice(2);

  private constructor(url: string, userId: string, token: string) {
    this.#url = url;
    this.userId = userId;
    this.token = token;
  }

  /**
   * Logs in with a password.
   * @param url of the homeserver, without a trailing slash
   * @param device an earlier session under this name ends; a new one unless told
   */
  static async login(url: string, name: string, password: string, device?: string): Promise<MatrixUser> {
    const answer = await call(url, 'POST', '/v3/login', undefined, {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: name },
      password,
      ...(device === undefined ? {} : { device_id: device, initial_device_display_name: device }),
    });
    return new MatrixUser(url, String(answer.user_id), String(answer.access_token));
  }

  /** Speaks with a token that is there already. */
  static withToken(url: string, userId: string, token: string): MatrixUser {
    return new MatrixUser(url, userId, token);
  }

  /** One call of the client-server API: `request('GET', '/v3/joined_rooms')`. Fails with {@link MatrixRefusal} or what `fetch` throws. */
  request(method: string, path: string, body?: unknown, end?: AbortSignal): Promise<Record<string, unknown>> {
    return call(this.#url, method, path, this.token, body, end);
  }

  async createRoom(options: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return String((await this.request('POST', '/v3/createRoom', options)).room_id);
  }

  /** @returns the room id behind an alias. */
  async resolveAlias(alias: string): Promise<string> {
    return String((await this.request('GET', `/v3/directory/room/${encodeURIComponent(alias)}`)).room_id);
  }

  /** @returns the room id. */
  async join(roomOrAlias: string): Promise<string> {
    return String((await this.request('POST', `/v3/join/${encodeURIComponent(roomOrAlias)}`, {})).room_id);
  }

  async leave(room: string): Promise<void> {
    await this.request('POST', `/v3/rooms/${encodeURIComponent(room)}/leave`, {});
  }

  async invite(room: string, userId: string): Promise<void> {
    await this.request('POST', `/v3/rooms/${encodeURIComponent(room)}/invite`, { user_id: userId });
  }

  async setDisplayName(name: string): Promise<void> {
    await this.request('PUT', `/v3/profile/${encodeURIComponent(this.userId)}/displayname`, { displayname: name });
  }

  /** @returns the event id. */
  send(room: string, body: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.sendEvent(room, 'm.room.message', { msgtype: 'm.text', body, ...more });
  }

  /** @returns the `mxc:` address */
  async upload(file: Uint8Array<ArrayBuffer>, type: string): Promise<string> {
    const answer = await fetch(`${this.#url}/_matrix/media/v3/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': type },
      body: file,
    });
    const { content_uri: uri } = (await answer.json()) as { readonly content_uri?: string };
    if (uri === undefined) throw new Error(`The homeserver did not take a file: ${answer.status}`);
    return uri;
  }

  act(room: string, body: string): Promise<string> {
    return this.send(room, body, { msgtype: 'm.emote' });
  }

  async sendEvent(room: string, type: string, content: Readonly<Record<string, unknown>>): Promise<string> {
    const transaction = `${this.#session}.${++this.#transactions}`;
    const path = `/v3/rooms/${encodeURIComponent(room)}/send/${encodeURIComponent(type)}/${transaction}`;
    return String((await this.request('PUT', path, content)).event_id);
  }

  async setState(
    room: string,
    type: string,
    stateKey: string,
    content: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const path = `/v3/rooms/${encodeURIComponent(room)}/state/${encodeURIComponent(type)}/${encodeURIComponent(stateKey)}`;
    return String((await this.request('PUT', path, content)).event_id);
  }

  state(room: string, type: string, stateKey = ''): Promise<Record<string, unknown>> {
    return this.request(
      'GET',
      `/v3/rooms/${encodeURIComponent(room)}/state/${encodeURIComponent(type)}/${encodeURIComponent(stateKey)}`,
    );
  }

  async redact(room: string, eventId: string, reason?: string): Promise<string> {
    const path = `/v3/rooms/${encodeURIComponent(room)}/redact/${encodeURIComponent(eventId)}/${this.#session}.${++this.#transactions}`;
    return String((await this.request('PUT', path, reason === undefined ? {} : { reason })).event_id);
  }

  /** Joined members of a room: user id → display name. */
  async members(room: string): Promise<Map<string, string>> {
    const answer = await this.request('GET', `/v3/rooms/${encodeURIComponent(room)}/joined_members`);
    const joined = (answer.joined ?? {}) as Record<string, { readonly display_name?: string }>;
    return new Map(Object.entries(joined).map(([id, profile]) => [id, profile.display_name ?? '']));
  }

  /** The whole timeline of a room by `/messages`, oldest first: the complete truth, where `/sync` is not. */
  async history(room: string): Promise<MatrixEvent[]> {
    const found: MatrixEvent[] = [];
    const seen = new Set<string>();
    let from = '';
    for (;;) {
      const answer = await this.request(
        'GET',
        `/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=${PAGE}${from === '' ? '' : `&from=${encodeURIComponent(from)}`}`,
      );
      const chunk = ((answer.chunk ?? []) as MatrixEvent[]).filter((event) => !seen.has(event.event_id));
      for (const event of chunk) seen.add(event.event_id);
      found.push(...chunk);
      const end = String(answer.end ?? '');
      if (chunk.length === 0 || end === '' || end === from) return found.reverse();
      from = nextPageToken(end, from);
    }
  }

  /** Begins the sync loop and resolves when the first answer is in. It goes on through failures until {@link stop}. */
  async startSync(): Promise<void> {
    if (this.#syncing !== undefined) return;
    await this.#syncOnce(0);
    this.#syncing = this.#syncLoop();
  }

  /** The first event that fits, of those there (from the index `from`) and those to come. Needs {@link startSync}. */
  waitFor(
    fits: (event: MatrixEvent) => boolean,
    options: WaitOptions & { readonly from?: number } = {},
  ): Promise<MatrixEvent> {
    let next = options.from ?? 0;
    return waitUntil(() => {
      while (next < this.events.length) {
        const event = this.events[next++];
        if (event !== undefined && fits(event)) return event;
      }
      return undefined;
    }, options);
  }

  /** Ends the session on the homeserver, and the sync loop. */
  async logout(): Promise<void> {
    await this.stop();
    await this.request('POST', '/v3/logout', {});
  }

  /** Ends the sync loop. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#syncing;
  }

  async #syncLoop(): Promise<void> {
    while (!this.#end.signal.aborted) {
      try {
        await this.#syncOnce(SYNC_MS);
      } catch {
        if (this.#end.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #syncOnce(timeoutMs: number): Promise<void> {
    const since = this.#since === undefined ? '' : `&since=${encodeURIComponent(this.#since)}`;
    const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: PAGE } } }));
    const path = `/v3/sync?timeout=${timeoutMs}&filter=${filter}${since}`;
    const answer = await call(this.#url, 'GET', path, this.token, undefined, this.#end.signal);
    const atMs = Date.now();
    const rooms = (answer.rooms ?? {}) as Record<
      string,
      Record<string, { readonly timeline?: { readonly events?: MatrixEvent[] } }>
    >;
    for (const membership of ['join', 'leave']) {
      for (const [room, { timeline }] of Object.entries(rooms[membership] ?? {})) {
        for (const event of timeline?.events ?? []) {
          if (this.#seen.has(event.event_id)) continue;
          this.#seen.add(event.event_id);
          this.events.push({ ...event, room_id: room, atMs });
        }
      }
    }
    this.#since = String(answer.next_batch);
  }
}

async function call(
  url: string,
  method: string,
  path: string,
  token: string | undefined,
  body?: unknown,
  end?: AbortSignal,
): Promise<Record<string, unknown>> {
  const timeout = AbortSignal.timeout(REQUEST_MS);
  const response = await fetch(`${url}/_matrix/client${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: end === undefined ? timeout : AbortSignal.any([timeout, end]),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (!response.ok) throw new MatrixRefusal(response.status, answer, `${method} ${path.split('?')[0]}`);
  return answer;
}
