import { serverOf } from '../../core/authority/agreement.ts';
import type { Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import { type Bucket, type BucketRules, fullBucket, takeTokens } from '../../core/pace.ts';
import { readRoom } from '../../core/room/actual-room.ts';
import type { Say } from '../admission/say.ts';
import type { Kit } from '../kit.ts';
import { Backoff } from '../timing/backoff.ts';

/** Under this name a cursor holds with whom the bot is alone in a room. */
const PRIVATE = 'private-room:';
const MAX_ROOMS = 1_000;
const TRIES = 6;
const PACE: BucketRules = { burst: 20, refillMs: 1_000 };

export type PrivateRoomsParts = {
  readonly kit: Kit;
  readonly say: Say;
  /** Whose people may call the bot into a room of their own. */
  readonly servers: () => readonly string[];
};

const GREETING =
  'Here nobody else reads along. `!causeway visit ASSERTION` lets you in as a visitor, with what your home shard gave you for this one. `!causeway help` lists what else can be asked.';

/** Rooms with one person and the bot: where somebody of another shard says what nobody else should read. */
export class PrivateRooms {
  readonly #parts: PrivateRoomsParts;
  readonly #rooms = new Map<string, string>();
  readonly #joining = new Set<string>();
  #bucket: Bucket;

  constructor(parts: PrivateRoomsParts) {
    this.#parts = parts;
    this.#bucket = fullBucket(PACE, parts.kit.clock.nowMs());
  }

  async load(): Promise<void> {
    const { db, stores } = this.#parts.kit;
    for (const [name, userId] of await db.transaction((sql) => stores.cursor.list(sql, PRIVATE)))
      this.#rooms.set(name.slice(PRIVATE.length), userId);
  }

  has(room: string): boolean {
    return this.#rooms.has(room);
  }

  /** Somebody calls the bot into a room for two. It stays where they are alone with it and it can read. */
  async called(room: string, by: string): Promise<void> {
    const { kit } = this.#parts;
    if (this.has(room) || this.#joining.has(room)) return;
    const why = this.#refusal(by);
    if (why !== undefined) {
      kit.log.info('the bot was invited to a room and does not go there', { room, why });
      return;
    }
    this.#joining.add(room);
    try {
      await this.#enter(room, by);
    } finally {
      this.#joining.delete(room);
    }
  }

  #refusal(by: string): string | undefined {
    const { kit, servers } = this.#parts;
    if (serverOf(by) !== kit.homeserver.serverName && !servers().includes(serverOf(by)))
      return 'there is no agreement with that homeserver';
    if (this.#rooms.size >= MAX_ROOMS) return 'it is in too many private rooms';
    const { bucket, waitMs } = takeTokens(this.#bucket, PACE, kit.clock.nowMs());
    this.#bucket = bucket;
    return waitMs > 0 ? 'it was invited to too many rooms in a short time' : undefined;
  }

  /** Something happened in a room: where a third comes in, or nobody is left, it is no private one any more. */
  async seen({ type, room_id, state_key, content }: MatrixEvent): Promise<void> {
    const userId = this.#rooms.get(room_id);
    if (userId === undefined || type !== 'm.room.member') return;
    const { kit } = this.#parts;
    const isThird = state_key !== userId && state_key !== kit.homeserver.botId && content.membership !== 'leave';
    const isGone = state_key === userId && (content.membership === 'leave' || content.membership === 'ban');
    if (isThird || isGone) await this.#leave(room_id);
  }

  async #enter(room: string, by: string): Promise<void> {
    const { kit, say } = this.#parts;
    const { botId } = kit.homeserver;
    const joined = await this.#join(room, by);
    if (!joined.ok) {
      kit.log.info('the bot could not enter a room that it was invited to', { room, why: joined.error.text });
      return;
    }
    const state = await kit.homeserver.state(room);
    const found = state.ok ? readRoom(room, state.value) : undefined;
    const others = [...(found?.members ?? [])].filter(
      ([userId, { membership }]) => userId !== botId && (membership === 'join' || membership === 'invite'),
    );
    const isPrivate = found !== undefined && others.length === 1 && others[0]?.[0] === by && !found.isSpace;
    if (!isPrivate || found.isEncrypted) {
      const why =
        found?.isEncrypted === true ? 'It is encrypted, which the bot cannot read.' : 'It is no private room.';
      await kit.homeserver.leave(botId, room, `${why} Invite it to an unencrypted room with nobody else.`);
      return;
    }
    this.#rooms.set(room, by);
    await kit.db.transaction((sql) => kit.stores.cursor.set(sql, PRIVATE + room, by));
    await say.inRoom(room, GREETING, `private|${room}|${kit.clock.nowMs()}`);
  }

  /**
   * Nobody is told twice of an invitation. That of another homeserver may arrive before that server itself knows of it:
   * Dendrite then refuses the join, as if nobody had been invited.
   */
  async #join(room: string, by: string): Promise<Result<void>> {
    const { homeserver, clock } = this.#parts.kit;
    const backoff = new Backoff(clock, 500, 10_000);
    let joined = await homeserver.join(homeserver.botId, room, [serverOf(by)]);
    for (let tried = 1; tried < TRIES && !joined.ok; tried++) {
      await new Promise<void>((resolve) => clock.after(backoff.nextMs(), resolve));
      joined = await homeserver.join(homeserver.botId, room, [serverOf(by)]);
    }
    return joined;
  }

  async #leave(room: string): Promise<void> {
    const { kit } = this.#parts;
    this.#rooms.delete(room);
    await kit.db.transaction((sql) => kit.stores.cursor.delete(sql, PRIVATE + room));
    await kit.homeserver.leave(kit.homeserver.botId, room);
  }
}
