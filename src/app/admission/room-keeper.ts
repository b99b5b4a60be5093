import { REMOVING } from '../../core/authority/guard.ts';
import { isGiven, type Step } from '../../core/authority/plan-members.ts';
import type { BridgeError, Result } from '../../core/errors.ts';
import { fail, ok } from '../../core/errors.ts';
import { laneResource, makeRoomLaneId } from '../../core/ids.ts';
import type { ActualRoom } from '../../core/room/actual-room.ts';
import type { ManagedRoom } from '../../core/room/layout.ts';
import type { Kit } from '../kit.ts';
import type { LaneQueue } from '../lanes/lane.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Ledger } from '../lanes/ledger.ts';
import { UNKNOWN_ROOM } from '../rooms/is-gone.ts';
import { Backoff } from '../timing/backoff.ts';
import { Turns } from '../timing/turns.ts';
import type { Admission } from './admission.ts';
import type { Caution } from './caution.ts';
import type { ChannelDoors } from './channel-doors.ts';
import { againstAuthority } from './drift.ts';
import { isEmpty, serversOnly } from './keep-plan.ts';
import type { KeepSteps } from './keep-steps.ts';
import type { ManagedRooms } from './managed-rooms.ts';
import type { Reports } from './reports.ts';
import { RoomPlanner } from './room-planner.ts';
import { unfixable } from './room-reports.ts';
import { type Scope, Scopes } from './scopes.ts';
import { UnkeptRooms } from './unkept-rooms.ts';

/**
 * Rooms worked on at the same time: each makes a homeserver work hard. What concerns a few people has as many turns of its
 * own: a revocation does not wait for a thousand other removals.
 */
const AT_ONCE = 4;
/** So long at most whatever is less urgent waits for those who have to leave. */
const CALM_MS = 5_000;
/** Rows that one look at a room settles. */
const CAUSES = 256;

const NOTHING_FIRST = (): Promise<boolean> => Promise.resolve(false);

type Look = { readonly wanted: ManagedRoom; readonly room: ActualRoom; readonly cause: string; readonly scope: Scope };

export type RoomKeeperParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly lanes: () => Lanes;
  readonly rooms: ManagedRooms;
  readonly admission: Admission;
  readonly steps: KeepSteps;
  readonly doors: ChannelDoors;
  readonly caution: Caution;
  readonly reports: Reports;
  readonly hasAuthority: boolean;
  readonly isOurs: (userId: string) => boolean;
  readonly onKept: () => void;
};

/**
 * Keeps rooms and Spaces as configuration and authority say. Whatever happens only marks a room to be looked at (a row
 * in its lane, so that a crash forgets nothing); a look compares what should be with what is, and writes what differs.
 */
export class RoomKeeper {
  readonly #parts: RoomKeeperParts;
  readonly #planner: RoomPlanner;
  readonly #scopes = new Scopes();
  /** Rooms with a row that no look has taken up yet. */
  readonly #marked = new Set<string>();
  readonly #unkept: UnkeptRooms;
  readonly #turns = new Turns(AT_ONCE);
  readonly #turnsOfFew = new Turns(AT_ONCE);
  #driftCorrected = 0;

  constructor(parts: RoomKeeperParts) {
    this.#parts = parts;
    this.#unkept = new UnkeptRooms(parts.reports);
    this.#planner = new RoomPlanner(parts, this.#scopes);
  }

  get driftCorrected(): number {
    return this.#driftCorrected;
  }

  /** Resolves when no room is looked at for a few people, or after a while. */
  calm(): Promise<void> {
    const { clock } = this.#parts.kit;
    return Promise.race([this.#turnsOfFew.idle(), new Promise<void>((resolve) => clock.after(CALM_MS, resolve))]);
  }

  /** A sentence while the bot cannot keep this room. */
  lost(resource: string): string | undefined {
    return this.#unkept.why(resource);
  }

  /** These rooms have to be looked at, for these Matrix ids or for everybody. Resolves once that is on disk. */
  async look(resources: Iterable<string>, cause: string, userIds?: readonly string[]): Promise<void> {
    const { ledger, kit } = this.#parts;
    const unmarked: string[] = [];
    for (const resource of resources) {
      this.#scopes.widen(resource, userIds, cause);
      if (this.#marked.has(resource)) continue;
      this.#marked.add(resource);
      unmarked.push(resource);
    }
    if (unmarked.length === 0) return;
    try {
      await ledger.write(async (entry) => {
        for (const resource of unmarked) {
          const key = `look|${resource}|${entry.nextId()}`;
          const effect = { op: 'room.reconcile', resource, cause } as const;
          await entry.enqueue(makeRoomLaneId(resource), [{ key, effect }], kit.clock.nowMs());
        }
      });
    } catch (error) {
      for (const resource of unmarked) this.#marked.delete(resource);
      throw error;
    }
  }

  readonly drive = async (queue: LaneQueue): Promise<void> => {
    const { kit, lanes } = this.#parts;
    const resource = laneResource(queue.id);
    const backoff = new Backoff(kit.clock, 300, 30_000);
    while (!lanes().stopping) {
      const rows = await queue.peek(CAUSES);
      const [head] = rows;
      if (head === undefined) return;
      const cause = causeOf(head.payload);
      const endTurn = await this.#turn(resource);
      const kept = await this.#keep(resource, cause).finally(endTurn);
      await this.#keepChannel(resource, cause);
      if (kept.ok) {
        this.#parts.onKept();
        await kit.db.transaction((sql) =>
          kit.stores.outbox.finish(
            sql,
            rows.map((row) => row.id),
          ),
        );
        for (const row of rows) queue.take(row.id);
        backoff.reset();
      } else {
        this.#scopes.widen(resource, undefined, cause);
        await lanes().pause(Math.max(kept.error.waitMs ?? 0, backoff.nextMs()));
      }
    }
  };

  async #keepChannel(resource: string, cause: string): Promise<void> {
    const { rooms, admission, doors, hasAuthority } = this.#parts;
    if (hasAuthority && rooms.get(resource)?.kind === 'channel') await doors.keep(admission.resource(resource), cause);
  }

  /** Rooms that the configuration does not name any more: they stay as they are, outside of our Spaces. */
  async letGo(roomIds: readonly string[]): Promise<void> {
    const { rooms, steps } = this.#parts;
    for (const roomId of roomIds) {
      const room = await rooms.actual(roomId);
      if (room.ok) await steps.letGo(roomId, room.value);
      rooms.forget(roomId);
    }
  }

  async #keep(resource: string, cause: string): Promise<Result<void>> {
    const { rooms, hasAuthority, kit, reports } = this.#parts;
    // From here on whatever happens needs a row of its own.
    const scope = this.#scopes.take(resource);
    this.#marked.delete(resource);
    const wanted = rooms.get(resource);
    if (wanted === undefined) return ok(undefined);
    const isMissing = rooms.roomIdOf(resource) === undefined;
    const roomId = await rooms.ensure(wanted);
    // A channel's room is made by its portal, which calls for a look when it is there.
    if (!roomId.ok) return roomId.error.code === 'room.not-yet' ? ok(undefined) : this.#failed(resource, roomId.error);
    if (isMissing) await this.look(rooms.relatedTo(resource), `made ${resource}`);
    const room = await rooms.actualWithAbove(resource, roomId.value);
    if (!room.ok && room.error.retry === 'never' && room.error.code !== UNKNOWN_ROOM)
      this.#unkept.lose(wanted, `it cannot be read: ${room.error.text}`);
    if (!room.ok) return this.#failed(resource, room.error);
    if (this.#unkept.look(wanted, room.value, kit.homeserver.botId)) return ok(undefined);
    if (hasAuthority) for (const text of unfixable(wanted, room.value, kit.homeserver.botId)) reports.say(text);
    if (wanted.hidden && scope === 'all') await this.#unlist(roomId.value);
    const job = { wanted, room: room.value, cause, scope };
    const done = await this.#bring(job, () => this.#firstAFew(wanted, roomId.value));
    if (!done.ok) {
      rooms.forget(roomId.value);
      return this.#failed(resource, done.error);
    }
    if (done.value === 'held') return ok(undefined);
    if (scope === 'all') await this.#parts.caution.kept(resource);
    // What is held for everybody may not be the plan any more.
    else if (this.#parts.caution.isHeld(resource)) await this.look([resource], 'held');
    return ok(undefined);
  }

  /** Plans and does it. @returns how much was done; `held`: nothing before somebody confirms it */
  async #bring(
    { wanted, room, cause, scope }: Look,
    between: () => Promise<boolean>,
  ): Promise<Result<number | 'held'>> {
    const { caution, steps, admission, kit, rooms } = this.#parts;
    const few = await this.#planner.planTogether(wanted, room, scope);
    if (!few.ok || isEmpty(few.value)) return few.ok ? ok(0) : few;
    // What is held is always the plan for everybody: that is what is looked at once it is confirmed.
    const isPart = scope !== 'all' && (await caution.minds(wanted, room, few.value));
    const plan = isPart ? await this.#planner.surePlan(wanted, room, 'all') : few;
    if (!plan.ok) return plan;
    const job = {
      resource: wanted.id,
      roomId: room.roomId,
      cause,
      plan: plan.value,
      stillWanted: (step: Step) =>
        admission.stillWants(step, wanted.id) && !isGiven(step, rooms.known(wanted.id)?.members.get(step.userId)),
      between,
    };
    if (await caution.holds(wanted, room, plan.value)) {
      if (caution.isEnforcing) await steps.run({ ...job, plan: serversOnly(plan.value) });
      return ok('held');
    }
    const done = await steps.run(job);
    if (!done.ok) return done;
    const { steps: count, isPassedOver } = done.value;
    // By a row and a scope of its own: whoever is asked for next would narrow what is left.
    if (isPassedOver) await this.look([wanted.id], cause);
    kit.log.info('a room was brought to what it should be', { resource: wanted.id, steps: count, cause });
    const takesOut = plan.value.members.steps.some(({ kind }) => REMOVING.has(kind));
    const drifted = againstAuthority(cause, takesOut);
    if (drifted !== undefined && count > 0) this.#tellDrift(wanted, drifted, count);
    // Who was banned from a Space is called into nothing that stands in it before the ban is lifted.
    const pardoned = plan.value.members.steps.filter(({ kind }) => kind === 'unban').map(({ userId }) => userId);
    if (pardoned.length > 0) await this.look(rooms.below(wanted.id), cause, pardoned);
    return ok(count);
  }

  /** Waits for the room's turn. Whatever concerns a few people does not, and is done meanwhile. */
  async #turn(resource: string): Promise<() => void> {
    if (this.#scopes.fewOf(resource) === 'alone') return this.#turnsOfFew.ask();
    const turn = this.#turns.ask();
    for (;;) {
      await this.#fewBeforeAll(resource);
      const end = await Promise.race([turn, this.#scopes.widened(resource)]);
      if (end === undefined) continue;
      await this.#fewBeforeAll(resource);
      return end;
    }
  }

  /** A plan that was confirmed for many is still that plan when a few others have to go: they go first, by themselves. */
  async #fewBeforeAll(resource: string): Promise<void> {
    const wanted = this.#parts.rooms.get(resource);
    const roomId = this.#parts.rooms.roomIdOf(resource);
    if (wanted === undefined || roomId === undefined || this.#scopes.fewOf(resource) !== 'besides') return;
    await this.#turnsOfFew.take(() => this.#firstAFew(wanted, roomId));
  }

  /** In the midst of a long plan: what became known of a few people meanwhile goes first. What was planned before it may be left out then. */
  async #firstAFew(wanted: ManagedRoom, roomId: string): Promise<boolean> {
    const few = this.#scopes.takeFew(wanted.id);
    if (few === undefined) return false;
    const room = await this.#parts.rooms.actual(roomId);
    const done = room.ok ? await this.#bring({ wanted, room: room.value, ...few }, NOTHING_FIRST) : room;
    if (!done.ok || done.value === 'held') await this.look([wanted.id], few.cause);
    return true;
  }

  /** A hidden group's room stands in no list of the homeserver. */
  async #unlist(roomId: string): Promise<void> {
    const { homeserver } = this.#parts.kit;
    const listed = await homeserver.isPublished(roomId);
    if (listed.ok && listed.value) await homeserver.publish(roomId, false);
  }

  #tellDrift(wanted: ManagedRoom, what: string, steps: number): void {
    const { reports, kit } = this.#parts;
    this.#driftCorrected++;
    kit.metrics.drift.add();
    reports.say(`${wanted.name}: ${what} It was put right (${steps} ${steps === 1 ? 'change' : 'changes'}).`);
  }

  #failed(resource: string, error: BridgeError): Result<never> {
    const { kit } = this.#parts;
    kit.log.warn('a room could not be looked after; it is tried again', { resource, why: error.text });
    return fail(error);
  }
}

function causeOf(payload: string): string {
  const { cause } = JSON.parse(payload) as { cause?: unknown };
  return typeof cause === 'string' ? cause : 'reconcile';
}
