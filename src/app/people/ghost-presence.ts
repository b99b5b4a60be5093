import type { BridgeError } from '../../core/errors.ts';
import type { NetworkSource } from '../../core/events.ts';
import { type Identified, subjectOf } from '../../core/identity/subject.ts';
import type { NetworkId } from '../../core/ids.ts';
import { type Presence, presenceOf } from '../../core/presence.ts';
import type { Network, RosterChange, RosterEntry } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import { DirectGhosts } from './direct-ghosts.ts';
import type { Ghosts } from './ghosts.ts';
import type { Rosters } from './rosters.ts';

/** Somebody who comes and goes within this time is told of once. */
const SETTLE_MS = 2_000;
/** Least time between two changes: each wakes every client that shares a room with the ghost. */
const REST_MS = 200;
/** The same after a look that found nothing to say. */
const LOOK_REST_MS = 25;
/** Of a network that is away for so long nobody is shown as there. */
const LOST_MS = 10 * 60_000;
/** While lines are on their way this stands back, so long at a time; but not for ever, since a lane may wait for hours. */
const YIELD_MS = 50;
const MAX_YIELDS = 40;
/** After a failure that passes. */
const RETRY_MS = 5_000;
/** So often of a homeserver that answers others. */
const MAX_TRIES = 3;
/** Ghosts of whom it is known what is shown; and those that wait. */
const REMEMBERED = 20_000;
/** Dendrite takes a change in and applies it a moment later. */
const LOOKS_MS = [300, 1_000, 3_000, 10_000];
/** A homeserver that forgets what it is told is asked again now and then: it may only have been slow. */
const ASK_AGAIN_MS = 30 * 60_000;

export type GhostPresenceParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly ghosts: Ghosts;
  readonly rosters: () => Rosters;
  readonly lanes: () => Lanes;
  readonly isWanted: (network: NetworkId) => boolean;
  /** Whether somebody of a channel may stand in its room as a user of their own, now. */
  readonly isAdmitted: (portal: Portal, entry: RosterEntry) => boolean;
};

/** Of a ghost: when it changed first, rooms in which it may stand, and how often it was tried in vain. */
type Turn = { readonly network: NetworkId; readonly atMs: number; readonly rooms: Set<string>; readonly tries: number };

/**
 * Shows on Matrix who of a network is there and who is away, of ghosts that stand in a room: nobody would see the others. A change only
 * names its ghost; how they stand is looked up when their turn comes, so that the latest state alone counts, however many changes there
 * were. Nothing of it is stored: what is shown is asked of the homeserver once after a start, and what is so already is not said again.
 */
export class GhostPresence {
  readonly #parts: GhostPresenceParts;
  readonly #directs: DirectGhosts;
  readonly #waiting = new Map<string, Turn>();
  readonly #shown = new Map<string, Presence>();
  /** Networks that are away, until they count as lost, and those that do. */
  readonly #losing = new Map<NetworkId, () => void>();
  readonly #lost = new Set<NetworkId>();
  #working = false;
  #stopped = false;
  /** It was seen that the homeserver keeps what it is told. */
  #isKept = false;
  /** It does not, and is left alone for a while. */
  #restsUntilMs = 0;

  constructor(parts: GhostPresenceParts) {
    this.#parts = parts;
    this.#directs = new DirectGhosts(parts.portals, parts.ghosts, parts.kit.clock);
  }

  /** A sentence while the homeserver does not keep what it is told. */
  get problem(): string | undefined {
    return this.#parts.kit.clock.nowMs() < this.#restsUntilMs ? NOT_KEPT : undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    for (const cancel of this.#losing.values()) cancel();
  }

  /** Who is in a channel changed; the rosters know of it already. */
  changed(network: Network, channel: string, change: RosterChange): void {
    if (!this.#parts.isWanted(network.id)) return;
    const portal = this.#parts.portals.byChannel(network.id, channel);
    if (portal?.roomId === undefined) return;
    const { roomId } = portal;
    const touch = (entry: RosterEntry): void => this.#touch(network.id, this.#ghostOf(network, entry), [roomId]);
    switch (change.kind) {
      case 'list':
        void this.#listed(network.id, roomId);
        for (const member of change.members) if (this.#directs.has(this.#ghostOf(network, member))) touch(member);
        break;
      case 'rename':
        touch(change.from);
        touch(change.to);
        break;
      case 'leave':
        // Who vanished with a link is most likely back before anybody looks.
        if (!change.netsplit) touch(change.member);
        break;
      default:
        touch(change.member);
    }
  }

  /** A network came up, whose lists of names follow, or went away. */
  networkChanged(network: Network): void {
    const { id } = network;
    if (network.status().state === 'up') {
      this.#losing.get(id)?.();
      this.#losing.delete(id);
      this.#lost.delete(id);
    } else if (!this.#stopped && this.#parts.isWanted(id) && !this.#losing.has(id) && !this.#lost.has(id)) {
      this.#losing.set(
        id,
        this.#parts.kit.clock.after(LOST_MS, () => this.#lose(id)),
      );
    }
  }

  #lose(network: NetworkId): void {
    this.#losing.delete(network);
    this.#lost.add(network);
    for (const { roomId } of this.#parts.portals.ofNetwork(network))
      if (roomId !== undefined) void this.#listed(network, roomId);
  }

  /** Somebody writes to a person alone: soon their ghost stands in a room with them. */
  wrote(network: Network, source: NetworkSource): void {
    if (!this.#parts.isWanted(network.id)) return;
    this.#directs.expire();
    this.#touch(network.id, this.#ghostOf(network, source), []);
  }

  /** A ghost came into a room. */
  joined(portal: Portal, userId: string): void {
    if (portal.roomId !== undefined && this.#parts.isWanted(portal.network))
      this.#touch(portal.network, userId, [portal.roomId]);
  }

  /** After a reconnect everybody who stands in the room is looked at, those too who are gone meanwhile. */
  async #listed(network: NetworkId, room: string): Promise<void> {
    const { db, stores, log } = this.#parts.kit;
    try {
      const joined = await db.transaction((sql) => stores.ghost.joined(sql, room));
      for (const { userId } of joined) this.#touch(network, userId, [room]);
    } catch (error) {
      log.debug('who is away was not looked at; it is at the next list of names', { error: String(error) });
    }
  }

  #ghostOf(network: Network, entry: Identified): string {
    return this.#parts.ghosts.idOf(
      network.id,
      subjectOf(entry, (name) => network.fold(name)),
    );
  }

  #touch(network: NetworkId, userId: string, rooms: Iterable<string>, tries = 1): void {
    const nowMs = this.#parts.kit.clock.nowMs();
    if (this.#stopped || nowMs < this.#restsUntilMs) return;
    const waiting = this.#waiting.get(userId);
    for (const room of rooms) waiting?.rooms.add(room);
    // Where very many wait, the next list of names brings the rest.
    if (waiting !== undefined || this.#waiting.size >= REMEMBERED) return;
    this.#waiting.set(userId, { network, atMs: nowMs, rooms: new Set(rooms), tries });
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#parts.kit;
    this.#working = true;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#stopped) break;
      const [userId, turn] = next;
      await this.#wait(turn.atMs + SETTLE_MS - clock.nowMs());
      await this.#yield();
      this.#waiting.delete(userId);
      try {
        await this.#show(userId, turn);
      } catch (error) {
        log.debug('who is away was not shown; it is at the next change', { error: String(error) });
      }
    }
    this.#working = false;
  }

  async #show(userId: string, turn: Turn): Promise<void> {
    const { homeserver } = this.#parts.kit;
    const wanted = await this.#wanted(userId, turn);
    if (wanted === undefined) return;
    let before = this.#shown.get(userId);
    if (before === undefined) {
      const asked = await homeserver.presenceOf(userId);
      if (!asked.ok) return this.#failed(userId, turn, asked.error);
      before = asked.value ?? { state: 'offline' };
    }
    if (isShown(before, wanted)) {
      this.#remember(userId, before);
      return this.#wait(LOOK_REST_MS);
    }
    const set = await homeserver.setPresence(userId, wanted);
    if (!set.ok) return this.#failed(userId, turn, set.error);
    this.#remember(userId, wanted);
    if (!this.#isKept) await this.#look(userId, wanted);
    await this.#wait(REST_MS);
  }

  /** How a ghost shall be shown now; undefined where nobody would see it. */
  async #wanted(userId: string, { network, rooms }: Turn): Promise<Presence | undefined> {
    const { kit, portals, rosters, isAdmitted } = this.#parts;
    let entry: RosterEntry | undefined;
    for (const portal of portals.ofNetwork(network)) {
      const there = portal.roomId === undefined ? undefined : rosters().people(portal).get(userId);
      if (this.#lost.has(network) || there === undefined || portal.roomId === undefined || !isAdmitted(portal, there))
        continue;
      entry ??= there;
      rooms.add(portal.roomId);
    }
    const stands =
      this.#directs.has(userId) ||
      (await kit.db.transaction(async (sql) => {
        for (const room of rooms)
          if ((await kit.stores.member.get(sql, room, userId))?.membership === 'join') return true;
        return false;
      }));
    return stands ? presenceOf(entry !== undefined, entry?.away) : undefined;
  }

  /** A homeserver that keeps no presence says yes to everything: what it was told is read back. */
  async #look(userId: string, told: Presence): Promise<void> {
    const { homeserver, log, clock } = this.#parts.kit;
    for (const waitMs of LOOKS_MS) {
      await this.#wait(waitMs);
      const read = await homeserver.presenceOf(userId);
      if (this.#stopped || !read.ok) return;
      this.#isKept = read.value?.state === told.state;
      if (this.#isKept) return;
    }
    this.#waiting.clear();
    this.#shown.clear();
    this.#restsUntilMs = clock.nowMs() + ASK_AGAIN_MS;
    log.warn(NOT_KEPT);
  }

  async #failed(userId: string, { network, rooms, tries }: Turn, error: BridgeError): Promise<void> {
    const { ghosts, kit } = this.#parts;
    ghosts.failed(userId, error);
    if (error.retry === 'never' || (tries >= MAX_TRIES && kit.homeserver.health.reachable)) return;
    await this.#wait(Math.max(RETRY_MS, error.waitMs ?? 0));
    this.#touch(network, userId, rooms, tries + 1);
  }

  #remember(userId: string, presence: Presence): void {
    this.#shown.delete(userId);
    this.#shown.set(userId, presence);
    if (this.#shown.size <= REMEMBERED) return;
    const oldest = this.#shown.keys().next();
    if (oldest.done !== true) this.#shown.delete(oldest.value);
  }

  async #yield(): Promise<void> {
    const { lanes } = this.#parts;
    for (let yields = 0; yields < MAX_YIELDS && lanes().active > 0 && !this.#stopped; yields++)
      await this.#wait(YIELD_MS);
  }

  #wait(ms: number): Promise<void> {
    return ms <= 0 || this.#stopped ? Promise.resolve() : this.#parts.lanes().pause(ms);
  }
}

/** After a reconnect it is known that somebody is away, and not what they said to it: what is shown of that stays. */
const isShown = (shown: Presence, wanted: Presence): boolean =>
  shown.state === wanted.state &&
  (shown.status === wanted.status || (wanted.state === 'unavailable' && wanted.status === undefined));

const NOT_KEPT =
  'The homeserver keeps no presence, so that nobody of the networks is shown as there or away. Switch it on (Dendrite: `global.presence.enable_outbound: true`, and a restart), or take `presence.toMatrix` out of the configuration. It is tried again every half an hour.';
