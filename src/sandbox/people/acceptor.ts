import { setTimeout as delay } from 'node:timers/promises';
import { MatrixRefusal, type MatrixUser } from './matrix-user.ts';

const SYNC_MS = 20_000;
const RETRY_MS = 500;
/** The rooms of a Space may be made, or opened to its people, a little after the Space itself. */
const LOOK_MS = 400;
const LOOKS = 25;

/** Of everything that happens only invitations matter here. */
const FILTER = JSON.stringify({
  presence: { types: [] },
  account_data: { types: [] },
  room: {
    ephemeral: { types: [] },
    account_data: { types: [] },
    state: { types: ['m.room.create'] },
    timeline: { types: ['m.room.create'], limit: 1 },
  },
});

type Invited = { readonly invite_state?: { readonly events?: readonly StrippedState[] } };
type StrippedState = { readonly type: string; readonly content?: Readonly<Record<string, unknown>> };
type Listed = { readonly room_id: string; readonly room_type?: string; readonly join_rule?: string };

/**
 * Accepts every invitation for somebody, and enters with each Space the rooms in it that are open to its people: what a
 * person does by a few clicks. Rooms that the person leaves stay left.
 */
export class Acceptor {
  readonly #user: MatrixUser;
  readonly #end = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #since: string | undefined;

  constructor(user: MatrixUser) {
    this.#user = user;
  }

  start(): void {
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        await this.#syncOnce();
      } catch {
        // The homeserver restarts, or we are told to stop.
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #syncOnce(): Promise<void> {
    const since = this.#since === undefined ? '' : `&since=${encodeURIComponent(this.#since)}`;
    const path = `/v3/sync?timeout=${this.#since === undefined ? 0 : SYNC_MS}&filter=${encodeURIComponent(FILTER)}${since}`;
    const answer = await this.#user.request('GET', path, undefined, this.#end.signal);
    const { invite = {} } = (answer.rooms ?? {}) as { readonly invite?: Readonly<Record<string, Invited>> };
    for (const [room, { invite_state }] of Object.entries(invite)) await this.#accept(room, invite_state?.events ?? []);
    this.#since = String(answer.next_batch);
  }

  async #accept(room: string, state: readonly StrippedState[]): Promise<void> {
    if (!(await this.#enter(room))) return;
    const told = state.find(({ type }) => type === 'm.room.create')?.content;
    const create = told ?? (await this.#user.state(room, 'm.room.create').catch(() => undefined));
    if (create?.type === 'm.space') void this.#enterRoomsOf(room);
  }

  async #enterRoomsOf(space: string): Promise<void> {
    const { signal } = this.#end;
    const tried = new Set([space]);
    for (let look = 0; look < LOOKS && !signal.aborted; look++) {
      if (look > 0) await delay(LOOK_MS, undefined, { signal }).catch(() => {});
      const path = `/v1/rooms/${encodeURIComponent(space)}/hierarchy?max_depth=1&limit=100`;
      const answer = await this.#user.request('GET', path).catch(() => ({ rooms: [] }));
      for (const { room_id, room_type, join_rule } of (answer.rooms ?? []) as readonly Listed[]) {
        const isDoorOpen = join_rule === 'public' || join_rule === 'restricted';
        if (tried.has(room_id) || room_type === 'm.space' || !isDoorOpen) continue;
        if (await this.#enter(room_id)) tried.add(room_id);
      }
    }
  }

  /** @returns false where the homeserver refused: the invitation may have been taken back */
  async #enter(room: string): Promise<boolean> {
    try {
      await this.#user.join(room);
      return true;
    } catch (error) {
      if (error instanceof MatrixRefusal) return false;
      throw error;
    }
  }
}
