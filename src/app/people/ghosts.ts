import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { GhostSubject, NetworkId } from '../../core/ids.ts';
import type { GhostRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import { GHOST_UNKNOWN } from './decline.ts';
import type { GhostMoves } from './ghost-moves.ts';

/** Ghosts kept in memory; the others are read again from the database. */
const REMEMBERED = 20_000;
/** `last spoke` is written at most this often per ghost and room: idle leave counts days. */
const SPOKE_EVERY_MS = 3_600_000;

/** What a ghost is called; the same for the same subject and nick until the configuration changes. */
export type NameOf = (network: NetworkId, subject: GhostSubject, nick: string) => string;

type Ghost = {
  row: GhostRow;
  readonly rooms: Map<string, number>;
  /** Ends when nobody prepares the ghost any more. */
  prepared: Promise<unknown>;
};

/** Matrix users for people of networks: registered, silenced, named and joined as they are needed, each step once. */
export class Ghosts {
  readonly #kit: Kit;
  readonly #moves: GhostMoves;
  /** What a ghost is called. */
  readonly nameOf: NameOf;
  readonly #ghosts = new Map<string, Ghost>();

  constructor(kit: Kit, moves: GhostMoves, nameOf: NameOf) {
    this.#kit = kit;
    this.#moves = moves;
    this.nameOf = nameOf;
  }

  idOf(network: NetworkId, subject: GhostSubject): string {
    return this.#moves.idOf(network, subject);
  }

  /** Whom a ghost stands for now; undefined for anybody else's id. */
  whoIs(userId: string): ReturnType<GhostMoves['whoIs']> {
    return this.#moves.whoIs(userId);
  }

  /**
   * The ghost of this person, in this room and under this name.
   * @returns its user id; errors are those of the homeserver
   */
  async ensure(network: NetworkId, subject: GhostSubject, nick: string, room: string): Promise<Result<string>> {
    const userId = this.idOf(network, subject);
    const ghost = await this.#load(userId, network);
    const prepared = await this.#ensurePrepared(ghost, this.nameOf(network, subject, nick));
    const done = prepared.ok ? await this.#ensureJoined(ghost, room) : prepared;
    if (!done.ok) {
      if (done.error.code === GHOST_UNKNOWN) this.#distrust(ghost);
      return done;
    }
    await this.#noteSpoke(ghost, room);
    return ok(userId);
  }

  /** All that can be done for this person before a room is joined. A failure is met again by {@link ensure}. */
  async prepare(network: NetworkId, subject: GhostSubject, nick: string): Promise<void> {
    const ghost = await this.#load(this.idOf(network, subject), network);
    await this.#ensurePrepared(ghost, this.nameOf(network, subject, nick));
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
    return ghost.row.registered ? this.#ensurePrepared(ghost, this.nameOf(network, subject, nick)) : ok(undefined);
  }

  async #load(userId: string, network: NetworkId): Promise<Ghost> {
    const known = this.#ghosts.get(userId);
    if (known !== undefined) return known;
    const { db, stores } = this.#kit;
    const row = await db.transaction((sql) => stores.ghost.get(sql, userId));
    const meanwhile = this.#ghosts.get(userId);
    if (meanwhile !== undefined) return meanwhile;
    const ghost: Ghost = {
      row: row ?? { userId, network, displayName: null, registered: false, silenced: false },
      rooms: new Map(),
      prepared: Promise.resolve(),
    };
    this.#ghosts.set(userId, ghost);
    if (this.#ghosts.size > REMEMBERED) {
      const oldest = this.#ghosts.keys().next();
      if (oldest.done !== true) this.#ghosts.delete(oldest.value);
    }
    return ghost;
  }

  /** Registered, silenced and named: whoever finds that being done waits for it. */
  #ensurePrepared(ghost: Ghost, displayName: string): Promise<Result<void>> {
    const done = ghost.prepared.then(() => this.#prepareNow(ghost, displayName));
    ghost.prepared = done.catch(() => undefined);
    return done;
  }

  /** What was reached is stored in one commit at the end: after a crash before it the steps are done once more. */
  async #prepareNow(ghost: Ghost, displayName: string): Promise<Result<void>> {
    const before = ghost.row;
    if (before.registered && before.silenced && before.displayName === displayName) return ok(undefined);
    let row = before;
    let failed: BridgeError | undefined;
    for (const step of [this.#register, this.#silence, this.#name]) {
      const reached = await step(row, displayName);
      if (reached.ok) row = reached.value;
      else failed = reached.error;
      if (failed !== undefined) break;
    }
    if (row !== before) await this.#kit.db.transaction((sql) => this.#kit.stores.ghost.put(sql, row));
    ghost.row = row;
    if (failed === undefined) return ok(undefined);
    if (failed.code === GHOST_UNKNOWN) this.#distrust(ghost);
    return fail(failed);
  }

  readonly #register = async (row: GhostRow): Promise<Result<GhostRow>> => {
    if (row.registered) return ok(row);
    const registered = await this.#kit.homeserver.registerGhost(row.userId.slice(1, row.userId.indexOf(':')));
    return registered.ok ? ok({ ...row, registered: true }) : registered;
  };

  /** On Dendrite push rules of each ghost in a room are weighed for each message otherwise. */
  readonly #silence = async (row: GhostRow): Promise<Result<GhostRow>> => {
    if (row.silenced) return ok(row);
    const silenced = await this.#kit.homeserver.silence(row.userId);
    return silenced.ok || silenced.error.retry === 'never' ? ok({ ...row, silenced: true }) : silenced;
  };

  /** Before the first join, so that the room sees the name with it. One that is refused for good keeps no line back. */
  readonly #name = async (row: GhostRow, displayName: string): Promise<Result<GhostRow>> => {
    if (row.displayName === displayName) return ok(row);
    const named = await this.#kit.homeserver.setDisplayName(row.userId, displayName, this.#about(row.userId));
    return named.ok || named.error.retry === 'never' ? ok({ ...row, displayName }) : named;
  };

  /** Whom the ghost stands for, as its profile says it. */
  #about(userId: string): object | undefined {
    const known = this.whoIs(userId);
    if (known === undefined) return undefined;
    const { kind, name, origin = null } = known.subject;
    return { network: known.network, account: kind === 'account' ? name : null, origin };
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
}

const joinRefused = (error: BridgeError, userId: string): BridgeError => ({
  ...error,
  code: 'ghost-join-refused',
  text: `${userId} may not join the room: ${error.text} The bot speaks for them until it is let in.`,
});
