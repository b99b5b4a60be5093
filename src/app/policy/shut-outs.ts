import { ok, type Result } from '../../core/errors.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import { lanePortal, makePolicyLaneId, type PortalId } from '../../core/ids.ts';
import {
  planShutOuts,
  type ShutPerson,
  type ShutPresent,
  type ShutStep,
  type ShutView,
  tooMany,
} from '../../core/policy/plan-shut-outs.ts';
import type { Holds } from '../admission/holds.ts';
import type { Kit } from '../kit.ts';
import type { LaneQueue } from '../lanes/lane.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Ledger } from '../lanes/ledger.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import { Backoff } from '../timing/backoff.ts';
import { Gathered } from '../timing/gathered.ts';
import { Turns } from '../timing/turns.ts';
import type { ShutOutBook } from './shut-out-book.ts';
import type { ShutSteps } from './shut-steps.ts';
import type { WhoIsOut } from './who-is-out.ts';

/** Portals worked on at the same time: a change of membership makes the homeserver work hard. */
const AT_ONCE = 2;
/** Rows that one look settles. */
const ROWS = 256;
/** After each step so many times as long as it took, so that lines have their turn. */
const REST_FACTOR = 1;
const MAX_REST_MS = 2_000;
/** Looking whether anything follows costs a few percent of a processor at most. */
const LOOK_REST_FACTOR = 20;
const MAX_LOOK_REST_MS = 30_000;

/** People looked at in one go, a few milliseconds: lines wait meanwhile. */
const AT_A_TIME = 200;

type Plan = {
  readonly steps: readonly ShutStep[];
  /** People of Matrix whose connections leave the channel. */
  readonly leaving: readonly string[];
  readonly view: ShutView;
  /** People of the network who are in the channel or the room. */
  readonly there: number;
};

export type ShutOutsParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly lanes: () => Lanes;
  readonly portals: PortalTable;
  readonly ghosts: Pick<Ghosts, 'idOf' | 'whoIs'>;
  readonly whoIsOut: Pick<WhoIsOut, 'verdict' | 'user'>;
  readonly done: ShutOutBook;
  readonly steps: ShutSteps;
  readonly holds: Pick<Holds, 'hold' | 'isConfirmed' | 'release'>;
  readonly isOurs: (userId: string) => boolean;
  readonly say: (text: string) => void;
};

/**
 * Puts out whom policy lists mean, and undoes that when they mean them no more. Whatever happens only has a portal looked at; where something
 * is to be done a row in its own lane says so, and the work compares what should be with what is, so that a crash forgets nothing.
 */
export class ShutOuts {
  readonly #parts: ShutOutsParts;
  readonly #dirty = new Set<PortalId>();
  /** Portals with a row that no work has taken up yet. */
  readonly #marked = new Set<PortalId>();
  readonly #turns = new Turns(AT_ONCE);
  readonly #looks: Gathered;
  #tookMs = 0;

  constructor(parts: ShutOutsParts) {
    this.#parts = parts;
    const { clock, log } = parts.kit;
    const restMs = (): number => Math.min(MAX_LOOK_REST_MS, this.#tookMs * LOOK_REST_FACTOR);
    this.#looks = new Gathered(clock, log, () => this.#lookAll(), restMs);
  }

  /** Something may follow in these portals. */
  look(portals: Iterable<PortalId>): void {
    for (const id of portals) this.#dirty.add(id);
    if (this.#dirty.size > 0) this.#looks.ask();
  }

  readonly drive = async (queue: LaneQueue): Promise<void> => {
    const { kit, lanes } = this.#parts;
    const id = lanePortal(queue.id);
    const backoff = new Backoff(kit.clock, 300, 30_000);
    while (!lanes().stopping) {
      const rows = await queue.peek(ROWS);
      if (rows.length === 0) return;
      this.#marked.delete(id);
      const done = await this.#turns.take(() => this.#bring(id));
      if (!done.ok) {
        await lanes().pause(Math.max(done.error.waitMs ?? 0, backoff.nextMs()));
        continue;
      }
      const ids = rows.map((row) => row.id);
      await kit.db.transaction((sql) => kit.stores.outbox.finish(sql, ids));
      for (const row of ids) queue.take(row);
      backoff.reset();
    }
  };

  async #lookAll(): Promise<void> {
    const { kit, ledger, holds } = this.#parts;
    const fromMs = kit.clock.nowMs();
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const id of dirty) {
      if (this.#marked.has(id)) continue;
      const { steps, leaving } = await this.#plan(id);
      if (steps.length === 0) await holds.release(held(id));
      if (steps.length === 0 && leaving.length === 0) continue;
      this.#marked.add(id);
      await ledger.write((entry) => {
        const keyed = { key: `policy|${id}|${entry.nextId()}`, effect: { op: 'policy.look', portal: id } } as const;
        return entry.enqueue(makePolicyLaneId(id), [keyed], kit.clock.nowMs());
      });
    }
    this.#tookMs = kit.clock.nowMs() - fromMs;
  }

  /** Does what follows in a portal now. What only an operator of the channel can do waits for one, with the next look. */
  async #bring(id: PortalId): Promise<Result<void>> {
    const { kit, portals, steps: carryOut, lanes } = this.#parts;
    const plan = await this.#plan(id);
    const { steps, leaving, view } = plan;
    const portal = portals.get(id);
    if (portal === undefined) return this.#letGo(id);
    for (const userId of leaving)
      await kit.networks.get(portal.network)?.dismiss(userId, portal.channel, 'shut out by a policy list');
    const isHeld = await this.#holds(portal, plan);
    for (const step of steps) {
      if (lanes().stopping) return ok(undefined);
      if (isHeld && step.kind !== 'lift') continue;
      // A rule may have been taken back meanwhile.
      if (step.kind !== 'lift' && view.verdictOf(step.ghost, step.who).kind !== 'out') continue;
      const fromMs = kit.clock.nowMs();
      const done = await carryOut.run(portal, step);
      if (!done.ok) return done;
      await lanes().pause(Math.min(MAX_REST_MS, (kit.clock.nowMs() - fromMs) * REST_FACTOR));
    }
    return ok(undefined);
  }

  /** The link was taken out of the configuration: what can still be undone is. */
  async #letGo(id: PortalId): Promise<Result<void>> {
    for (const one of this.#parts.done.ofPortal(id)) {
      const lifted = await this.#parts.steps.letGo(one);
      if (!lifted.ok) return lifted;
    }
    return ok(undefined);
  }

  async #plan(id: PortalId): Promise<Plan> {
    const { portals, done, kit, whoIsOut } = this.#parts;
    const portal = portals.get(id);
    const before = done.ofPortal(id);
    if (portal === undefined || portal.direct !== undefined) {
      const nothing = { inRoom: [], inChannel: [], mayPutOut: false, mayLift: false } as const;
      const view: ShutView = { done: before, ...nothing, verdictOf: () => ({ kind: 'free' }) };
      return { steps: planShutOuts(view), leaving: [], view, there: 0 };
    }
    const guard = kit.networks.get(portal.network)?.guard;
    const mayAct = guard?.mayAct(portal.channel) === true;
    const inRoom = await this.#ghostsIn(portal);
    const members = mayAct ? (guard?.members(portal.channel) ?? []) : [];
    const inChannel = members.map((who) => ({ ghost: this.#ghostOf(portal, who), who }));
    const view: ShutView = {
      done: before,
      inRoom: await this.#meant(portal, inRoom),
      inChannel: await this.#meant(portal, inChannel),
      mayPutOut: mayAct && portal.config.guard,
      mayLift: mayAct,
      verdictOf: (ghost, who) => whoIsOut.verdict(portal, ghost, who),
    };
    const there = new Set([...inRoom, ...inChannel].map(({ ghost }) => ghost)).size;
    return { steps: planShutOuts(view), leaving: await this.#leaving(portal), view, there };
  }

  /** Those of whom something may follow. */
  async #meant(portal: Portal, people: readonly ShutPresent[]): Promise<readonly ShutPresent[]> {
    const { whoIsOut } = this.#parts;
    const meant: ShutPresent[] = [];
    for (const [at, one] of people.entries()) {
      if (at % AT_A_TIME === AT_A_TIME - 1) await this.#rest();
      if (whoIsOut.verdict(portal, one.ghost, one.who).kind !== 'free') meant.push(one);
    }
    return meant;
  }

  #rest(): Promise<void> {
    return new Promise<void>((resolve) => this.#parts.kit.clock.after(0, resolve));
  }

  #ghostOf({ network }: Portal, who: ShutPerson): string {
    const { kit, ghosts } = this.#parts;
    return ghosts.idOf(
      network,
      subjectOf(who, (name) => kit.networks.get(network)?.fold(name) ?? name.toLowerCase()),
    );
  }

  /** Ghosts that are in the room, and not banned there by anybody. */
  async #ghostsIn({ roomId }: Portal): Promise<readonly ShutPresent[]> {
    const { kit, ghosts } = this.#parts;
    if (roomId === undefined) return [];
    const joined = await kit.db.transaction((sql) => kit.stores.ghost.joined(sql, roomId));
    return joined.map(({ userId }) => {
      const known = ghosts.whoIs(userId);
      const { kind, name, origin } = known?.subject ?? { kind: 'nick', name: userId };
      const at = origin === undefined ? {} : { origin };
      return { ghost: userId, who: { nick: name, account: kind === 'account' ? name : null, ...at } };
    });
  }

  /** People of Matrix who are shut out and have a connection in the channel. */
  async #leaving({ id, roomId, network, channel }: Portal): Promise<readonly string[]> {
    const { kit, whoIsOut, isOurs } = this.#parts;
    const nicks = kit.networks.get(network)?.nicks;
    if (roomId === undefined || nicks === undefined) return [];
    const members = await kit.db.transaction((sql) => kit.stores.member.inRoom(sql, roomId));
    const leaving: string[] = [];
    for (const [at, { userId, membership }] of members.entries()) {
      if (at % AT_A_TIME === AT_A_TIME - 1) await this.#rest();
      if (membership !== 'join' || isOurs(userId) || whoIsOut.user(id, userId) === undefined) continue;
      if (nicks.nickOf(channel, userId) !== undefined) leaving.push(userId);
    }
    return leaving;
  }

  /** Whether so many would be put out at once that somebody has to say that it is meant. */
  async #holds(portal: Portal, { steps, there }: Plan): Promise<boolean> {
    const { holds, kit, say } = this.#parts;
    const removes = tooMany(steps, there);
    const resource = held(portal.id);
    if (removes === undefined) {
      await holds.release(resource);
      return false;
    }
    const hash = kit.digest(`${resource}\n${removes.join('\n')}`).slice(0, 12);
    if (holds.isConfirmed(resource, hash)) return false;
    const why = `Policy lists mean ${removes.length} of the people of ${portal.channel} at once.`;
    if (await holds.hold({ hash, resource, why, removes }))
      say(
        `${why} Nothing of theirs passes; they are put out and banned once somebody says \`!causeway confirm ${hash}\` here: ${removes.slice(0, 30).join(', ')}`,
      );
    return true;
  }
}

/** What is held under this name is no room's plan: no channel's name has a space. */
const held = (portal: PortalId): string => `channel:${portal} (policy lists)`;

/** The portal of a plan that is held by that name; undefined for plans of others. */
export const heldPortal = (resource: string): PortalId | undefined =>
  /^channel:(\S+) \(policy lists\)$/.exec(resource)?.[1] as PortalId | undefined;
