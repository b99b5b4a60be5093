import { REMOVING } from '../../core/authority/guard.ts';
import { ok, type Result } from '../../core/errors.ts';
import type { ActualRoom } from '../../core/room/actual-room.ts';
import type { ManagedRoom } from '../../core/room/layout.ts';
import type { Kit } from '../kit.ts';
import { Turns } from '../timing/turns.ts';
import type { Admission } from './admission.ts';
import { isEmpty, type KeepPlan, type KeepView, keepPlan, onlyTakesOut, wantedStandings } from './keep-plan.ts';
import type { ManagedRooms } from './managed-rooms.ts';
import type { Scope, Scopes } from './scopes.ts';

export type RoomPlannerParts = {
  readonly kit: Kit;
  readonly rooms: ManagedRooms;
  readonly admission: Admission;
  readonly hasAuthority: boolean;
  readonly isOurs: (userId: string) => boolean;
};

/** Works out what a room needs. */
export class RoomPlanner {
  readonly #parts: RoomPlannerParts;
  readonly #everybody = new Turns(1);

  readonly #scopes: Scopes;

  constructor(parts: RoomPlannerParts, scopes: Scopes) {
    this.#parts = parts;
    this.#scopes = scopes;
  }

  /**
   * The plan for these people; where it takes somebody out, for everybody too of whom something became known since they were
   * asked for: one by one they would be no plan that somebody has to confirm.
   */
  async planTogether(wanted: ManagedRoom, room: ActualRoom, scope: Scope): Promise<Result<KeepPlan>> {
    const plan = await this.surePlan(wanted, room, scope);
    if (scope === 'all' || !plan.ok || !plan.value.members.steps.some(({ kind }) => REMOVING.has(kind))) return plan;
    if (this.#scopes.waitsForMany(wanted.id)) return this.surePlan(wanted, room, 'all');
    const more = this.#scopes.takeFew(wanted.id)?.scope;
    return more === undefined || more === 'all' ? plan : this.surePlan(wanted, room, new Set([...scope, ...more]));
  }

  /**
   * What we were told of a room may be late. Taking somebody out needs no second look, and must not wait for one; whatever
   * else would be written is planned from the state as it is now.
   */
  async surePlan(wanted: ManagedRoom, room: ActualRoom, scope: Scope): Promise<Result<KeepPlan>> {
    const { rooms } = this.#parts;
    const plan = await this.plan(wanted, room, scope);
    if (isEmpty(plan) || onlyTakesOut(plan)) return ok(plan);
    rooms.forget(room.roomId);
    const fresh = await rooms.actual(room.roomId);
    return fresh.ok ? ok(await this.plan(wanted, fresh.value, scope)) : fresh;
  }

  async plan(wanted: ManagedRoom, room: ActualRoom, scope: Scope): Promise<KeepPlan> {
    const { rooms, admission, kit, isOurs, hasAuthority } = this.#parts;
    const { botId, serverName } = kit.homeserver;
    const view: KeepView = {
      wanted,
      resource: admission.resource(wanted.id),
      room,
      botId,
      serverName,
      hasAuthority,
      isOurs,
      isExempt: (userId) => admission.isExempt(userId, wanted.id),
      standingOf: (userId) => admission.standingOf(userId, wanted.id),
      isKnown: (userId) => admission.isKnown(userId),
      above: rooms.above(wanted.id),
      roomIdOf: (id) => rooms.roomIdOf(id),
      known: (id) => rooms.known(id),
      layout: [...rooms.all()],
    };
    const people = scope === 'all' ? everybody(room, admission.matrixIds()) : scope;
    const rest = (): Promise<void> => new Promise((resolve) => kit.clock.after(0, resolve));
    const look = () => wantedStandings(view, people, rest);
    // A few are looked at between two slices of everybody; two rooms at once would only make the slices longer.
    if (!hasAuthority) return keepPlan(view, new Map());
    return keepPlan(view, await (scope === 'all' ? this.#everybody.take(look) : look()));
  }
}

/** Whoever is in the room or asked to be, and every member of the cooperative. */
function* everybody(room: ActualRoom, members: Iterable<string>): Iterable<string> {
  for (const [userId, { membership }] of room.members) if (membership !== 'leave') yield userId;
  yield* members;
}
