import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { PolicyBook } from '../../core/policy/policy-book.ts';
import { aliasOf } from '../../core/room/portal-room.ts';
import type { PolicyRow } from '../../ports/policy-store.ts';
import type { Kit } from '../kit.ts';
import type { Entry } from '../lanes/ledger.ts';
import { Backoff } from '../timing/backoff.ts';
import { Signal } from '../timing/signal.ts';
import { difference, type FollowedList, MAX_SLOTS, rowOf, ruleIn } from './followed-list.ts';
import { type ReadList, readList } from './read-list.ts';

/** Under this name a cursor holds the room of a list that the configuration names by alias. */
const ROOM_OF = 'policy-list:';
/** Each list is read whole so often, in case something never came. */
const ROUND_MS = 3_600_000;
/** What the homeserver had accepted when it went down may take so long to show. */
const SECOND_LOOK_MS = 35_000;
/** Between two readings of a list, and so many times as long as one took. */
const REST_MS = 1_000;
const REST_FACTOR = 10;
/** Rows of one commit: lines wait meanwhile. */
const AT_ONCE = 500;

export type FollowedListsParts = {
  readonly kit: Kit;
  readonly book: PolicyBook;
  readonly stopping: () => boolean;
  /** Raised when the bot was invited somewhere, and at the end. */
  readonly nudge: Signal;
  /** Something about a list is not as it was. */
  readonly onChanged: (list: FollowedList) => void;
  /** It can be read no more, or again. */
  readonly onProblem: (list: FollowedList) => void;
};

/**
 * Keeps the policy lists of the configuration as they are on Matrix: the bot is in their rooms, changes come with all other events and are on
 * disk before anything follows from them, and after every break, and now and then, each is read whole. A list that cannot be read stays as it was.
 */
export class FollowedLists {
  readonly #parts: FollowedListsParts;
  /** By room id or full alias. */
  readonly #lists = new Map<string, FollowedList>();
  readonly #byRoom = new Map<string, FollowedList>();
  #stored = new Map<string, Map<string, PolicyRow>>();
  #rooms: ReadonlyMap<string, string> = new Map();
  #isBegun = false;

  constructor(parts: FollowedListsParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier process knew. */
  async load(references: Iterable<string>): Promise<void> {
    const { db, stores } = this.#parts.kit;
    await db.transaction(async (sql) => {
      this.#rooms = await stores.cursor.list(sql, ROOM_OF);
      for (const row of await stores.policy.all(sql)) {
        const rows = this.#stored.get(row.room) ?? new Map<string, PolicyRow>();
        this.#stored.set(row.room, rows.set(row.slot, row));
      }
    });
    this.configure(references);
    const forgotten = [...this.#stored.keys()].filter((room) => !this.#byRoom.has(room));
    await db.transaction(async (sql) => {
      for (const room of forgotten) await stores.policy.forget(sql, room);
    });
    this.#stored = new Map();
  }

  /** Reads every list. Resolves when each was tried once. */
  async begin(): Promise<void> {
    this.#isBegun = true;
    await Promise.all([...this.#lists.values()].map((list) => this.#follow(list)));
  }

  stop(): void {
    for (const { wake } of this.#lists.values()) wake.raise();
  }

  /** The lists are these from now on. */
  configure(references: Iterable<string>): void {
    const wanted = new Set([...references].map((reference) => this.#nameOf(reference)));
    for (const list of this.#lists.values()) if (!wanted.has(list.name)) this.#drop(list);
    for (const name of wanted) {
      if (this.#lists.has(name)) continue;
      const list = this.#make(name);
      this.#lists.set(name, list);
      if (this.#isBegun) void this.#follow(list);
    }
  }

  all(): readonly FollowedList[] {
    return [...this.#lists.values()];
  }

  roomOf(reference: string): string | undefined {
    return this.#lists.get(this.#nameOf(reference))?.roomId;
  }

  byRoom(roomId: string): FollowedList | undefined {
    return this.#byRoom.get(roomId);
  }

  /** Something happened in any room; part of the commit that stores what came. */
  async seen(entry: Entry, event: MatrixEvent): Promise<void> {
    const list = this.#byRoom.get(event.room_id);
    if (list === undefined) return;
    const row = rowOf(event, this.#parts.kit.digest);
    if (row === undefined) {
      if (this.#callsForReading(list, event)) entry.afterCommit(() => this.#ask(list));
      return;
    }
    const known = list.rows.get(row.slot);
    if (known?.eventId === row.eventId) return;
    // What is older than what is known came late, or by a server with a wrong clock: the room itself decides.
    if (known !== undefined && known.sentAtMs >= row.sentAtMs) entry.afterCommit(() => this.#ask(list));
    if (known !== undefined && known.sentAtMs > row.sentAtMs) return;
    if (known === undefined && list.rows.size >= MAX_SLOTS) return;
    await this.#parts.kit.stores.policy.put(entry.sql, [row]);
    entry.afterCommit(() => {
      list.meanwhile?.push(row);
      list.rows.set(row.slot, row);
      list.unreadable = undefined;
      this.#parts.book.put(row.room, row.slot, ruleIn(row));
      this.#parts.onChanged(list);
    });
  }

  /** Events may have been missed. */
  interrupted(): void {
    const askAll = (): void => {
      for (const list of this.#lists.values()) this.#ask(list);
    };
    askAll();
    this.#parts.kit.clock.after(SECOND_LOOK_MS, askAll);
  }

  /** A redaction takes a rule's content; whether it counts is the homeserver's to say. */
  #callsForReading(list: FollowedList, { type, redacts, state_key }: MatrixEvent): boolean {
    if (type === 'm.room.redaction') return [...list.rows.values()].some(({ eventId }) => eventId === redacts);
    return type === 'm.room.tombstone' || (type === 'm.room.member' && state_key === this.#parts.kit.homeserver.botId);
  }

  #ask(list: FollowedList): void {
    list.isAsked = true;
    list.wake.raise();
  }

  #nameOf(reference: string): string {
    return aliasOf(reference, this.#parts.kit.homeserver.serverName) ?? reference;
  }

  #make(name: string): FollowedList {
    const { kit, book } = this.#parts;
    const roomId = name.startsWith('!') ? name : this.#rooms.get(ROOM_OF + name);
    const rows = (roomId === undefined ? undefined : this.#stored.get(roomId)) ?? new Map<string, PolicyRow>();
    const list: FollowedList = {
      ...{ name, roomId, rows, problem: undefined, readAtMs: undefined, unreadable: undefined },
      ...{
        isSaved: true,
        isAsked: false,
        meanwhile: undefined,
        wake: new Signal(kit.clock),
        toldOf: new Set<string>(),
      },
    };
    if (roomId !== undefined) {
      this.#byRoom.set(roomId, list);
      book.replace(roomId, rulesIn(rows));
    }
    return list;
  }

  #drop(list: FollowedList): void {
    const { kit, book } = this.#parts;
    const { roomId } = list;
    this.#lists.delete(list.name);
    list.wake.raise();
    if (roomId === undefined) return;
    const same = [...this.#lists.values()].find((other) => other.roomId === roomId);
    if (same !== undefined) return void this.#byRoom.set(roomId, same);
    this.#byRoom.delete(roomId);
    book.forget(roomId);
    kit.db
      .transaction((sql) => kit.stores.policy.forget(sql, roomId))
      .catch((error: unknown) =>
        kit.log.debug('the rules of a list are forgotten at the next start', { error: String(error) }),
      );
  }

  #isFollowed(list: FollowedList): boolean {
    return !this.#parts.stopping() && this.#lists.get(list.name) === list;
  }

  /** @returns resolves when it was tried once */
  #follow(list: FollowedList): Promise<void> {
    const { log } = this.#parts.kit;
    return new Promise((resolve) => {
      this.#run(list, resolve)
        .catch((error: unknown) => log.error('a bug: a policy list is not followed any more', { error: String(error) }))
        .finally(resolve);
    });
  }

  async #run(list: FollowedList, tried: () => void): Promise<void> {
    const { kit, nudge, onProblem } = this.#parts;
    const backoff = new Backoff(kit.clock, 1_000, 60_000);
    while (this.#isFollowed(list)) {
      const fromMs = kit.clock.nowMs();
      list.isAsked = false;
      list.meanwhile = [];
      const read = await this.#read(list);
      list.meanwhile = undefined;
      tried();
      if (!this.#isFollowed(list)) return;
      const problem = read.ok ? undefined : read.error.text;
      const isNews = problem !== list.problem;
      list.problem = problem;
      if (isNews) onProblem(list);
      if (read.ok) backoff.reset();
      const waitMs = read.ok ? ROUND_MS : Math.max(read.error.waitMs ?? 0, backoff.nextMs());
      const tookMs = kit.clock.nowMs() - fromMs;
      await new Promise<void>((resolve) => kit.clock.after(Math.max(REST_MS, tookMs * REST_FACTOR), resolve));
      if (!list.isAsked && this.#isFollowed(list))
        await Promise.race([list.wake.wait(waitMs), ...(read.ok ? [] : [nudge.wait(waitMs)])]);
    }
  }

  async #read(list: FollowedList): Promise<Result<void>> {
    const { kit } = this.#parts;
    const read = await readList(kit, list.name, list.roomId);
    if (!read.ok) return read;
    // Taken out of the configuration meanwhile.
    if (!this.#isFollowed(list)) return ok(undefined);
    try {
      await this.#take(list, read.value);
      list.isSaved = true;
    } catch (error) {
      list.isSaved = false;
      return fail(notStored(error));
    }
    list.readAtMs = kit.clock.nowMs();
    return ok(undefined);
  }

  /** The list is so now. Holds at once; what an earlier process would have to know is on disk a little later. */
  async #take(list: FollowedList, { roomId, state }: ReadList): Promise<void> {
    const { kit, book, onChanged } = this.#parts;
    const { digest } = kit;
    const rows = state.flatMap((event) => rowOf({ ...event, room_id: roomId }, digest) ?? []).slice(0, MAX_SLOTS);
    const before = list.rows;
    const earlier = list.roomId;
    list.rows = new Map(rows.map((row) => [row.slot, row]));
    list.unreadable = undefined;
    for (const row of list.meanwhile ?? []) {
      // Perhaps newer than what was read, perhaps not: read once more, and until then it holds.
      if ((list.rows.get(row.slot)?.sentAtMs ?? -1) < row.sentAtMs) list.rows.set(row.slot, row);
      list.isAsked = true;
    }
    const hasMoved = earlier !== roomId || !list.isSaved;
    const { changed, gone } = difference(hasMoved ? new Map() : before, list.rows);
    if (earlier !== undefined && earlier !== roomId) {
      this.#byRoom.delete(earlier);
      book.forget(earlier);
    }
    list.roomId = roomId;
    this.#byRoom.set(roomId, list);
    if (hasMoved || changed.length > 0 || gone.length > 0) {
      book.replace(roomId, rulesIn(list.rows));
      onChanged(list);
    }
    const { db, stores } = kit;
    if (hasMoved)
      await db.transaction(async (sql) => {
        if (earlier !== undefined && earlier !== roomId) await stores.policy.forget(sql, earlier);
        await stores.cursor.set(sql, ROOM_OF + list.name, roomId);
      });
    for (let at = 0; at < changed.length; at += AT_ONCE)
      await db.transaction((sql) => stores.policy.put(sql, changed.slice(at, at + AT_ONCE)));
    for (let at = 0; at < gone.length; at += AT_ONCE)
      await db.transaction((sql) => stores.policy.delete(sql, roomId, gone.slice(at, at + AT_ONCE)));
  }
}

function* rulesIn(rows: ReadonlyMap<string, PolicyRow>) {
  for (const row of rows.values()) {
    const rule = ruleIn(row);
    if (rule !== undefined) yield [row.slot, rule] as const;
  }
}

const notStored = (error: unknown): BridgeError => ({
  code: 'policy.not-stored',
  text: `It could not be stored: ${String(error)}`,
  retry: 'later',
  notify: 'log',
});
