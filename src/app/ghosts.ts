import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import { type GhostSubject, makeGhostId, type NetworkId } from '../core/ids.ts';
import { safeName } from '../core/text/safe-name.ts';
import type { GhostRow } from '../ports/stores.ts';
import type { Kit } from './kit.ts';

/** Ghosts kept in memory; the others are read again from the database. */
const REMEMBERED = 20_000;
/** `last spoke` is written at most this often per ghost and room: idle leave counts days. */
const SPOKE_EVERY_MS = 3_600_000;

/** The homeserver lost the ghost, or says so while it stops (see matrix/http-errors). */
const GHOST_UNKNOWN = 'matrix.ghost-unknown';

type Ghost = { row: GhostRow; readonly rooms: Map<string, number> };

/** Matrix users for people of networks: registered, silenced, named and joined as they are needed, each step once. */
export class Ghosts {
  readonly #kit: Kit;
  readonly #ghosts = new Map<string, Ghost>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  idOf(network: NetworkId, subject: GhostSubject): string {
    const { homeserver, digest } = this.#kit;
    return makeGhostId(network, subject, homeserver.serverName, digest);
  }

  /**
   * The ghost of this person, in this room and under this name.
   * @returns its user id; errors are those of the homeserver
   */
  async ensure(network: NetworkId, subject: GhostSubject, nick: string, room: string): Promise<Result<string>> {
    const userId = this.idOf(network, subject);
    const ghost = await this.#load(userId, network);
    const steps = [
      () => this.#ensureRegistered(ghost),
      () => this.#ensureNamed(ghost, safeName(nick, 'somebody')),
      () => this.#ensureJoined(ghost, room),
    ];
    for (const step of steps) {
      const done = await step();
      if (!done.ok) {
        if (done.error.code === GHOST_UNKNOWN) this.#distrust(ghost);
        return done;
      }
    }
    await this.#noteSpoke(ghost, room);
    return ok(userId);
  }

  /** The homeserver says the ghost is not in the room after all, whatever we were told before. */
  async forgetRoom(userId: string, room: string): Promise<void> {
    const { db, stores } = this.#kit;
    this.#ghosts.get(userId)?.rooms.delete(room);
    await db.transaction(async (sql) => {
      await stores.ghost.leave(sql, userId, room);
      const member = await stores.member.get(sql, room, userId);
      if (member?.membership === 'join') await stores.member.put(sql, { ...member, membership: 'leave' });
    });
  }

  /** A call in the ghost's name failed; where the homeserver does not know the ghost it is registered again before the next. */
  failed(userId: string, error: BridgeError): void {
    const ghost = this.#ghosts.get(userId);
    if (ghost !== undefined && error.code === GHOST_UNKNOWN) this.#distrust(ghost);
  }

  #distrust(ghost: Ghost): void {
    ghost.row = { ...ghost.row, registered: false, silenced: false, displayName: null };
  }

  async leave(userId: string, room: string, reason: string): Promise<Result<void>> {
    const left = await this.#kit.homeserver.leave(userId, room, reason);
    if (left.ok || left.error.retry === 'never') await this.forgetRoom(userId, room);
    return left;
  }

  /** Names a ghost that exists; one that never spoke gets its name when it does. */
  async rename(network: NetworkId, subject: GhostSubject, nick: string): Promise<Result<void>> {
    const ghost = await this.#load(this.idOf(network, subject), network);
    return ghost.row.registered ? this.#ensureNamed(ghost, safeName(nick, 'somebody')) : ok(undefined);
  }

  async #load(userId: string, network: NetworkId): Promise<Ghost> {
    const known = this.#ghosts.get(userId);
    if (known !== undefined) return known;
    const { db, stores } = this.#kit;
    const row = await db.transaction((sql) => stores.ghost.get(sql, userId));
    const ghost: Ghost = {
      row: row ?? { userId, network, displayName: null, registered: false, silenced: false },
      rooms: new Map(),
    };
    this.#ghosts.set(userId, ghost);
    if (this.#ghosts.size > REMEMBERED) {
      const oldest = this.#ghosts.keys().next();
      if (oldest.done !== true) this.#ghosts.delete(oldest.value);
    }
    return ghost;
  }

  /** Registered and silenced: on Dendrite push rules of each ghost in a room are weighed for each message otherwise. */
  async #ensureRegistered(ghost: Ghost): Promise<Result<void>> {
    const { homeserver } = this.#kit;
    const { userId } = ghost.row;
    if (!ghost.row.registered) {
      const registered = await homeserver.registerGhost(userId.slice(1, userId.indexOf(':')));
      if (!registered.ok) return registered;
      await this.#store(ghost, { ...ghost.row, registered: true });
    }
    if (!ghost.row.silenced) {
      const silenced = await homeserver.silence(userId);
      if (!silenced.ok && silenced.error.retry !== 'never') return silenced;
      await this.#store(ghost, { ...ghost.row, silenced: true });
    }
    return ok(undefined);
  }

  async #ensureNamed(ghost: Ghost, displayName: string): Promise<Result<void>> {
    if (ghost.row.displayName === displayName) return ok(undefined);
    const named = await this.#kit.homeserver.setDisplayName(ghost.row.userId, displayName);
    // A name that is refused for good must not keep the line back.
    if (!named.ok && named.error.retry !== 'never') return named;
    await this.#store(ghost, { ...ghost.row, displayName });
    return ok(undefined);
  }

  async #ensureJoined(ghost: Ghost, room: string): Promise<Result<void>> {
    if (ghost.rooms.has(room)) return ok(undefined);
    const { db, stores, clock, metrics } = this.#kit;
    const { userId, network } = ghost.row;
    const joined = await this.#join(userId, room);
    if (!joined.ok) {
      metrics.joins.add({ network, outcome: joined.error.retry === 'never' ? 'refused' : 'failed' });
      return joined;
    }
    metrics.joins.add({ network, outcome: 'joined' });
    const nowMs = clock.nowMs();
    await db.transaction((sql) => stores.ghost.join(sql, userId, room, nowMs));
    ghost.rooms.set(room, nowMs);
    return ok(undefined);
  }

  async #join(userId: string, room: string): Promise<Result<void>> {
    const { homeserver, db, stores } = this.#kit;
    const already = await db.transaction((sql) => stores.member.get(sql, room, userId));
    if (already?.membership === 'join') return ok(undefined);
    const joined = await homeserver.join(userId, room);
    if (joined.ok || joined.error.retry !== 'never') return joined;
    const invited = await homeserver.invite(homeserver.botId, room, userId);
    return invited.ok ? homeserver.join(userId, room) : fail(joinRefused(joined.error, userId));
  }

  async #noteSpoke(ghost: Ghost, room: string): Promise<void> {
    const { db, stores, clock } = this.#kit;
    const nowMs = clock.nowMs();
    if (nowMs - (ghost.rooms.get(room) ?? 0) < SPOKE_EVERY_MS) return;
    await db.transaction((sql) => stores.ghost.spoke(sql, ghost.row.userId, room, nowMs));
    ghost.rooms.set(room, nowMs);
  }

  async #store(ghost: Ghost, row: GhostRow): Promise<void> {
    await this.#kit.db.transaction((sql) => this.#kit.stores.ghost.put(sql, row));
    ghost.row = row;
  }
}

const joinRefused = (error: BridgeError, userId: string): BridgeError => ({
  ...error,
  code: 'ghost-join-refused',
  text: `${userId} may not join the room: ${error.text} The bot speaks for them until it is let in.`,
});
