import type { Assurance } from '../../core/identity/assurance.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import type { GhostSubject, NetworkId } from '../../core/ids.ts';
import type { Network, RosterChange, RosterEntry } from '../../ports/network.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { Ghosts } from './ghosts.ts';

/** Somebody who left and is not back within this time leaves the room; shorter absences are swallowed. */
const LEAVE_AFTER_MS = 60_000;
/** The same after a netsplit: servers find each other again within minutes, now and then within the hour. */
const SPLIT_LEAVE_AFTER_MS = 60 * 60_000;
/** The same where the list of names lacks them after we were away: a server that restarted gets its people back one by one. */
const MISSING_LEAVE_AFTER_MS = 15 * 60_000;
/** How often rooms are looked over for people who have long been silent. */
const IDLE_CHECK_MS = 3_600_000;
/** While lines are on their way, joins and leaves stand back for so long at a time. */
const YIELD_MS = 50;
/** But not for ever: a lane may wait for hours for a network that is away. */
const MAX_YIELDS = 40;

/**
 * A person's own send waits in the homeserver behind a join that was begun. So while people on Matrix talk, each change of
 * membership is followed by a rest that is so many times as long as it took.
 */
const REST_FACTOR = 2;
const MAX_REST_MS = 2_000;
/** People who said something so lately are talking. */
const TALKING_MS = 5_000;

/** Whether the lines of somebody of a channel would come as their own, unmarked: then they may stand in its room, too. */
export const admittedBy =
  (gate: LineGate, assuranceOf: (network: NetworkId, entry: RosterEntry) => Assurance) =>
  ({ id, network }: Portal, entry: RosterEntry): boolean => {
    const verdict = gate.toMatrix(id, { ...entry, assurance: assuranceOf(network, entry) });
    return verdict.kind === 'yes' && verdict.mark === undefined && verdict.spokenFor !== true;
  };

type Chore = {
  readonly run: () => Promise<void>;
  /** What may be done while the chore before it is under way. */
  readonly prepare?: () => Promise<void>;
};

/**
 * Who of a channel is in its room. Speakers join with their first line; here people leave again, names change, and whole
 * member lists join where a mapping asks. One step at a time for the whole bridge, and only while no line waits: a join
 * costs the homeserver more than twenty lines, and joins in parallel are slower still.
 */
export class Rosters {
  readonly #kit: Kit;
  readonly #ghosts: Ghosts;
  readonly #portals: PortalTable;
  readonly #lanes: () => Lanes;
  readonly #isAdmitted: (portal: Portal, entry: RosterEntry) => boolean;
  /** Present by ghost id, per portal: enough to know who came back. */
  readonly #present = new Map<string, Map<string, RosterEntry>>();
  readonly #leaving = new Map<string, () => void>();
  readonly #chores: Chore[] = [];
  #working = false;
  #cancelIdle: (() => void) | undefined;

  /** @param isAdmitted whether somebody of a channel may stand in its room as a user of their own, now */
  constructor(
    kit: Kit,
    ghosts: Ghosts,
    portals: PortalTable,
    lanes: () => Lanes,
    isAdmitted: (portal: Portal, entry: RosterEntry) => boolean,
  ) {
    this.#kit = kit;
    this.#ghosts = ghosts;
    this.#portals = portals;
    this.#lanes = lanes;
    this.#isAdmitted = isAdmitted;
  }

  start(): void {
    this.#cancelIdle = this.#kit.clock.after(IDLE_CHECK_MS, () => {
      this.#leaveIdle();
      this.start();
    });
  }

  stop(): void {
    this.#cancelIdle?.();
    for (const cancel of this.#leaving.values()) cancel();
    this.#chores.length = 0;
  }

  /** People of the channel now, ours not counted. */
  count(portal: Portal): number {
    return this.#present.get(portal.id)?.size ?? 0;
  }

  /** People of the channel now, by the id of their ghost, ours not counted. */
  people(portal: Portal): ReadonlyMap<string, RosterEntry> {
    return this.#presentIn(portal);
  }

  /** Two people of a network changed ghosts; who is not there under theirs any more leaves as anybody does. */
  swapped(network: NetworkId, [a, b]: readonly [string, string]): void {
    for (const portal of this.#portals.ofNetwork(network)) {
      const present = this.#presentIn(portal);
      const [atA, atB] = [present.get(a), present.get(b)];
      for (const [userId, entry] of [
        [a, atB],
        [b, atA],
      ] as const) {
        if (entry !== undefined) present.set(userId, entry);
        else if (present.delete(userId)) this.#leaveLater(portal, userId, LEAVE_AFTER_MS);
      }
    }
  }

  changed(network: Network, channel: string, change: RosterChange): void {
    const portal = this.#portals.byChannel(network.id, channel);
    if (portal?.roomId === undefined) return;
    const subject = (entry: RosterEntry): GhostSubject => subjectOf(entry, (name) => network.fold(name));
    switch (change.kind) {
      case 'list':
        this.#list(portal, change.members, subject);
        break;
      case 'join':
        this.#came(portal, change.member, subject(change.member));
        break;
      case 'leave':
        this.#went(portal, subject(change.member), change.netsplit ? SPLIT_LEAVE_AFTER_MS : LEAVE_AFTER_MS);
        break;
      case 'rename':
        this.#renamed(portal, change.to, subject(change.from), subject(change.to));
        break;
      case 'away': {
        const userId = this.#ghosts.idOf(portal.network, subject(change.member));
        if (this.#presentIn(portal).has(userId)) this.#presentIn(portal).set(userId, change.member);
        break;
      }
    }
  }

  #list(portal: Portal, members: readonly RosterEntry[], subject: (entry: RosterEntry) => GhostSubject): void {
    const present = new Map<string, RosterEntry>();
    this.#present.set(portal.id, present);
    for (const member of members) this.#came(portal, member, subject(member));
    const roomId = portal.roomId;
    if (roomId === undefined) return;
    this.#chore(async () => {
      const { db, stores } = this.#kit;
      const joined = await db.transaction((sql) => stores.ghost.joined(sql, roomId));
      for (const { userId } of joined)
        if (!present.has(userId)) this.#leaveLater(portal, userId, MISSING_LEAVE_AFTER_MS);
    });
  }

  #came(portal: Portal, member: RosterEntry, subject: GhostSubject): void {
    const userId = this.#ghosts.idOf(portal.network, subject);
    const present = this.#presentIn(portal);
    present.set(userId, member);
    const key = `${portal.id} ${userId}`;
    this.#leaving.get(key)?.();
    this.#leaving.delete(key);
    if (portal.config.ghosts === 'all' && present.size <= portal.config.ghostsCap)
      this.#joinLater(portal, member, subject, userId);
  }

  #joinLater(portal: Portal, member: RosterEntry, subject: GhostSubject, userId: string): void {
    const isWanted = (): boolean =>
      portal.roomId !== undefined && this.#presentIn(portal).has(userId) && this.#isAdmitted(portal, member);
    const prepare = async (): Promise<void> => {
      if (isWanted()) await this.#ghosts.prepare(portal.network, subject, member.nick);
    };
    const run = async (): Promise<void> => {
      const { roomId } = portal;
      if (roomId === undefined || !isWanted()) return;
      const joined = await this.#ghosts.ensure(portal.network, subject, member.nick, roomId);
      if (!joined.ok) this.#kit.log.debug('a ghost could not join', { code: joined.error.code });
    };
    this.#chore(run, prepare);
  }

  #went(portal: Portal, subject: GhostSubject, afterMs: number): void {
    const userId = this.#ghosts.idOf(portal.network, subject);
    this.#presentIn(portal).delete(userId);
    this.#leaveLater(portal, userId, afterMs);
  }

  /** The same account keeps its ghost under the new name; an unauthenticated nick is somebody else from now on. */
  #renamed(portal: Portal, to: RosterEntry, before: GhostSubject, after: GhostSubject): void {
    if (before.kind === after.kind && before.name === after.name && before.origin === after.origin) {
      const present = this.#presentIn(portal);
      present.set(this.#ghosts.idOf(portal.network, after), to);
      this.#chore(async () => {
        await this.#ghosts.rename(portal.network, after, to.nick);
      });
      return;
    }
    this.#went(portal, before, LEAVE_AFTER_MS);
    this.#came(portal, to, after);
  }

  #leaveLater(portal: Portal, userId: string, afterMs: number): void {
    const key = `${portal.id} ${userId}`;
    if (this.#leaving.has(key)) return;
    const cancel = this.#kit.clock.after(afterMs, () => {
      this.#leaving.delete(key);
      this.#chore(() => this.#leave(portal, userId, 'left the channel', 'parted'));
    });
    this.#leaving.set(key, cancel);
  }

  async #leave(portal: Portal, userId: string, reason: string, label: 'parted' | 'idle'): Promise<void> {
    const { db, stores, metrics } = this.#kit;
    const { roomId } = portal;
    if (roomId === undefined || (label === 'parted' && this.#presentIn(portal).has(userId))) return;
    const joined = await db.transaction((sql) => stores.ghost.joined(sql, roomId));
    if (!joined.some((ghost) => ghost.userId === userId)) return;
    const left = await this.#ghosts.leave(userId, roomId, reason);
    if (left.ok) metrics.leaves.add({ network: portal.network, reason: label });
  }

  #leaveIdle(): void {
    for (const portal of this.#portals.all()) {
      const { roomId } = portal;
      const { idleDays, ghosts } = portal.config;
      if (roomId === undefined || idleDays === 0 || ghosts === 'all') continue;
      this.#chore(async () => {
        const { db, stores, clock } = this.#kit;
        const before = clock.nowMs() - idleDays * 86_400_000;
        const joined = await db.transaction((sql) => stores.ghost.joined(sql, roomId));
        for (const ghost of joined)
          if (ghost.lastSpokeMs < before) await this.#leave(portal, ghost.userId, 'silent for long', 'idle');
      });
    }
  }

  #presentIn(portal: Portal): Map<string, RosterEntry> {
    const present = this.#present.get(portal.id) ?? new Map<string, RosterEntry>();
    this.#present.set(portal.id, present);
    return present;
  }

  #chore(run: Chore['run'], prepare?: Chore['prepare']): void {
    this.#chores.push({ run, ...(prepare === undefined ? {} : { prepare }) });
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#kit;
    this.#working = true;
    for (;;) {
      const chore = this.#chores.shift();
      if (chore === undefined) break;
      for (let yields = 0; yields < MAX_YIELDS && this.#lanes().active > 0 && !this.#lanes().stopping; yields++)
        await this.#lanes().pause(YIELD_MS);
      if (this.#lanes().stopping) break;
      const fromMs = clock.nowMs();
      // What fails here fails again in its own turn, and is told then.
      this.#chores[0]?.prepare?.().catch(() => {});
      try {
        await chore.run();
      } catch (error) {
        log.warn('a change of membership was left out; the next list of names corrects it', { error: String(error) });
      }
      const nowMs = clock.nowMs();
      if (nowMs - this.#portals.lastSaidMs < TALKING_MS)
        await this.#lanes().pause(Math.min(MAX_REST_MS, (nowMs - fromMs) * REST_FACTOR));
    }
    this.#working = false;
  }
}
