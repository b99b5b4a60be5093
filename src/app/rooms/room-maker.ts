import { fail, ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import { aliasOf, type StateEvent } from '../../core/room/portal-room.ts';
import type { Sql } from '../../ports/db.ts';
import type { CreateRoom } from '../../ports/matrix.ts';
import type { Kit } from '../kit.ts';
import { isGone } from './is-gone.ts';

/** Notes how far the making of a room got, so that a crash in the middle makes no second one. */
const CREATING = 'creating:';

/** A room that shall be there. */
export type RoomWish = {
  /** Names the room in our notes; the same for ever. */
  readonly key: string;
  /** As the configuration writes it: the localpart of an alias, a full alias, or a room id. */
  readonly room: string;
  /** State that every room of this wish begins with, and no other room has. */
  readonly mark: StateEvent;
  /** Whether the room is another wish's. */
  readonly isTaken: (roomId: string) => boolean;
  readonly create: (roomVersion: string) => CreateRoom;
  /** A sentence why an existing room cannot be taken, and what to do. */
  readonly refusal: (state: readonly MatrixEvent[]) => string | undefined;
  /** What is written into an existing room that is taken. */
  readonly onAdopt: readonly StateEvent[];
};

/** Finds rooms by alias or id and adopts them where the bot may act, or makes them where there is none. */
export class RoomMaker {
  readonly #kit: Kit;
  #roomVersion: string | undefined;

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  /** One try. Safe to be repeated, also after a crash in the middle, until {@link finished} was stored. @returns the room id */
  async ensure(wish: RoomWish): Promise<Result<string>> {
    const { homeserver } = this.#kit;
    const alias = aliasOf(wish.room, homeserver.serverName);
    if (alias === undefined) return this.#adopt(wish, wish.room);
    const there = await homeserver.resolveAlias(alias);
    if (!there.ok) return there;
    if (there.value !== undefined) return this.#take(wish, alias, there.value);
    if (!alias.endsWith(`:${homeserver.serverName}`))
      return fail({
        code: 'no-such-room',
        text: `There is no room ${alias}, and only its own homeserver could make it. Make it there, or write an alias of ${homeserver.serverName}.`,
        retry: 'never',
        notify: 'log',
      });
    return this.#create(wish, alias);
  }

  /** The room is stored as what it was wished for; to be called in the same transaction. */
  async finished(sql: Sql, key: string): Promise<void> {
    await this.#kit.stores.cursor.delete(sql, CREATING + key);
  }

  async #create(wish: RoomWish, alias: string): Promise<Result<string>> {
    const { homeserver } = this.#kit;
    const made = await this.#unfinished(wish);
    if (!made.ok) return made;
    let roomId = made.value;
    if (roomId === undefined) {
      const version = await this.#version();
      if (!version.ok) return version;
      await this.#note(wish, 'asked');
      const created = await homeserver.createRoom(wish.create(version.value));
      if (!created.ok) return created;
      roomId = created.value;
    }
    await this.#note(wish, roomId);
    const named = await homeserver.createAlias(alias, roomId);
    if (!named.ok) return named;
    return this.#complete(alias, roomId);
  }

  /** The room behind an alias: our own whose making was cut off, or somebody's to be adopted. */
  async #take(wish: RoomWish, alias: string, roomId: string): Promise<Result<string>> {
    const noted = await this.#noted(wish);
    return noted === roomId ? this.#complete(alias, roomId) : this.#adopt(wish, roomId);
  }

  /** What a room of our making still needs once it has its alias. */
  async #complete(alias: string, roomId: string): Promise<Result<string>> {
    const { homeserver } = this.#kit;
    const canonical = await homeserver.sendState(homeserver.botId, roomId, 'm.room.canonical_alias', '', { alias });
    return canonical.ok ? ok(roomId) : canonical;
  }

  /** The room of a creation that a crash cut off: noted, or among the bot's rooms under our mark. */
  async #unfinished(wish: RoomWish): Promise<Result<string | undefined>> {
    const { homeserver } = this.#kit;
    const noted = await this.#noted(wish);
    if (noted === undefined) return ok(undefined);
    if (noted !== 'asked') {
      const gone = await isGone(homeserver, noted);
      return gone.ok ? ok(gone.value ? undefined : noted) : gone;
    }
    const rooms = await homeserver.joinedRooms(homeserver.botId);
    if (!rooms.ok) return rooms;
    for (const room of rooms.value) {
      if (wish.isTaken(room)) continue;
      const state = await homeserver.stateContent(room, wish.mark.type, wish.mark.state_key);
      if (!state.ok && state.error.retry !== 'never') return state;
      if (state.ok && state.value !== undefined) return ok(room);
    }
    return ok(undefined);
  }

  async #adopt(wish: RoomWish, roomId: string): Promise<Result<string>> {
    const { homeserver } = this.#kit;
    const joined = await homeserver.join(homeserver.botId, roomId);
    if (!joined.ok)
      return joined.error.retry === 'never'
        ? fail({
            ...joined.error,
            text: `The bot ${homeserver.botId} cannot join ${wish.room}. Invite it there. (${joined.error.text})`,
          })
        : joined;
    const state = await homeserver.state(roomId);
    if (!state.ok) return state;
    const refusal = wish.refusal(state.value);
    if (refusal !== undefined) return fail({ code: 'room-refused', text: refusal, retry: 'never', notify: 'log' });
    for (const { type, state_key, content } of wish.onAdopt) {
      const written = await homeserver.sendState(homeserver.botId, roomId, type, state_key, content);
      if (!written.ok) return written;
    }
    return ok(roomId);
  }

  /** The newest version that the server calls stable and we know, 12 before 11 before its default. */
  async #version(): Promise<Result<string>> {
    if (this.#roomVersion !== undefined) return ok(this.#roomVersion);
    const probe = await this.#kit.homeserver.probe();
    if (!probe.ok) return probe;
    const { roomVersions, defaultRoomVersion } = probe.value;
    const known = ['12', '11', '10'].find((version) => roomVersions.get(version) === 'stable');
    this.#roomVersion = known ?? defaultRoomVersion;
    return ok(this.#roomVersion);
  }

  #noted(wish: RoomWish): Promise<string | undefined> {
    const { db, stores } = this.#kit;
    return db.transaction((sql) => stores.cursor.get(sql, CREATING + wish.key));
  }

  async #note(wish: RoomWish, progress: string): Promise<void> {
    const { db, stores } = this.#kit;
    await db.transaction((sql) => stores.cursor.set(sql, CREATING + wish.key, progress));
  }
}
