import { call, succeed } from './http-call.ts';
import { Waiters } from './waiting.ts';

/** An event as it became visible by `/sync`, and when (milliseconds of `performance.now`). */
export type SeenEvent = {
  readonly room: string;
  readonly id: string;
  readonly type: string;
  readonly sender: string;
  readonly stateKey: string | undefined;
  readonly body: string;
  readonly membership: string;
  readonly atMs: number;
};

/** Somebody on Matrix, observing by `/sync` as any client does. */
export class MatrixClient {
  readonly userId: string;
  readonly token: string;
  /** Told of every event, once. */
  onEvent: ((event: SeenEvent) => void) | undefined;
  readonly #url: string;
  readonly #waiters = new Waiters<SeenEvent>();
  readonly #end = new AbortController();
  #since = '';
  #loop: Promise<void> = Promise.resolve();
  #sent = 0;

  constructor(url: string, userId: string, token: string) {
    this.#url = `${url}/_matrix/client/v3`;
    this.userId = userId;
    this.token = token;
  }

  static async login(url: string, name: string, password: string): Promise<MatrixClient> {
    const answer = await succeed('POST', `${url}/_matrix/client/v3/login`, undefined, {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: name },
      password,
    });
    return new MatrixClient(url, String(answer.user_id), String(answer.access_token));
  }

  async join(roomOrAlias: string): Promise<string> {
    return String(
      (await succeed('POST', `${this.#url}/join/${encodeURIComponent(roomOrAlias)}`, this.token, {})).room_id,
    );
  }

  /** @returns the event id */
  async say(room: string, body: string): Promise<string> {
    const path = `${this.#url}/rooms/${encodeURIComponent(room)}/send/m.room.message/${this.userId}.${++this.#sent}.${Date.now()}`;
    return String((await succeed('PUT', path, this.token, { msgtype: 'm.text', body })).event_id);
  }

  /** Switches the person's push rules off, so that a crowd of people costs the homeserver little. */
  async silence(): Promise<void> {
    await succeed('PUT', `${this.#url}/pushrules/global/override/.m.rule.master/enabled`, this.token, {
      enabled: true,
    });
  }

  /** All texts of a room by `/messages`, oldest first: what counts when lines are counted. */
  async texts(
    room: string,
  ): Promise<readonly { readonly body: string; readonly sender: string; readonly id: string }[]> {
    const found: { body: string; sender: string; id: string }[] = [];
    for (let from = ''; ; ) {
      const answer = await succeed(
        'GET',
        `${this.#url}/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=500${from === '' ? '' : `&from=${encodeURIComponent(from)}`}`,
        this.token,
      );
      const chunk = (answer.chunk ?? []) as WireEvent[];
      for (const event of chunk)
        if (event.type === 'm.room.message')
          found.push({ body: String(event.content.body), sender: event.sender, id: event.event_id });
      const next = String(answer.end ?? '');
      if (chunk.length === 0 || next === '' || next === from) return found.reverse();
      from = next;
    }
  }

  async joinedCount(room: string): Promise<number> {
    const answer = await succeed('GET', `${this.#url}/rooms/${encodeURIComponent(room)}/joined_members`, this.token);
    return Object.keys((answer.joined ?? {}) as object).length;
  }

  /** Observes from now on. */
  async observe(): Promise<void> {
    await this.#sync(0);
    this.#loop = (async () => {
      while (!this.#end.signal.aborted)
        await this.#sync(20_000).catch(() => new Promise((retry) => setTimeout(retry, 100)));
    })();
  }

  /** The next event that fits, from now on. */
  waitFor(fits: (event: SeenEvent) => boolean, what: string, timeoutMs = 30_000): Promise<SeenEvent> {
    return this.#waiters.wait(fits, what, timeoutMs);
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  async #sync(timeoutMs: number): Promise<void> {
    const filter = encodeURIComponent(
      JSON.stringify({
        presence: { types: [] },
        room: { timeline: { limit: 1000 }, state: { lazy_load_members: true } },
      }),
    );
    const since = this.#since === '' ? '' : `&since=${encodeURIComponent(this.#since)}`;
    const { status, body } = await call(
      'GET',
      `${this.#url}/sync?timeout=${timeoutMs}&filter=${filter}${since}`,
      this.token,
      undefined,
      this.#end.signal,
    );
    const atMs = performance.now();
    if (status !== 200) throw new Error(`/sync: ${status}`);
    const first = this.#since === '';
    this.#since = String(body.next_batch);
    if (first) return;
    const rooms = (body.rooms ?? {}) as { join?: Record<string, { timeline?: { events?: WireEvent[] } }> };
    for (const [room, { timeline }] of Object.entries(rooms.join ?? {}))
      for (const event of timeline?.events ?? []) {
        const seen: SeenEvent = {
          room,
          id: event.event_id,
          type: event.type,
          sender: event.sender,
          stateKey: event.state_key,
          body: String(event.content.body ?? ''),
          membership: String(event.content.membership ?? ''),
          atMs,
        };
        this.onEvent?.(seen);
        this.#waiters.offer(seen);
      }
  }
}

type WireEvent = {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly content: Readonly<Record<string, unknown>>;
};
