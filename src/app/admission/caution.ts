import { type Guard, guardPlan, guardSum, REMOVING } from '../../core/authority/guard.ts';
import type { ActualRoom } from '../../core/room/actual-room.ts';
import type { ManagedRoom } from '../../core/room/layout.ts';
import type { Audit } from '../../ports/audit.ts';
import type { CommandAnswer } from '../../ports/commands.ts';
import type { Kit } from '../kit.ts';
import type { HeldPlan, Holds } from './holds.ts';
import type { KeepPlan } from './keep-plan.ts';
import { membersRemoved, RecentRemovals } from './recent-removals.ts';
import type { Reports } from './reports.ts';

/** Notes that a room once was as the authority wants it: from then on its plans are no first ones. */
export const ENFORCED = 'enforced:';
const STEPS_TOLD = 50;

export type CautionParts = {
  readonly kit: Kit;
  readonly holds: Holds;
  readonly audit: Audit;
  readonly reports: Reports;
  readonly mode: () => 'observe' | 'enforce';
  readonly isOurs: (userId: string) => boolean;
  readonly lastSnapshotWasEmpty: () => boolean;
  /** Whether the authority knows the user at all, or did. */
  readonly isKnown: (userId: string) => boolean;
  /** For how long removals that come one by one add up; 0: they do not. */
  readonly windowMs: () => number;
  /** Has a room looked at once more. */
  readonly look: (resource: string, cause?: string) => void;
};

/** Holds plans back that take much away, or that nobody has seen the like of yet, until a person says that they are meant. */
export class Caution {
  readonly #parts: CautionParts;
  readonly #recent: RecentRemovals;
  /** Rooms that will be looked at when what was removed before is long enough ago. */
  readonly #waiting = new Set<string>();

  constructor(parts: CautionParts) {
    this.#parts = parts;
    this.#recent = new RecentRemovals(parts.kit, parts.windowMs);
  }

  get isEnforcing(): boolean {
    return this.#parts.mode() === 'enforce';
  }

  /** Whether the plan waits for somebody's word. One that does not, and that nobody was asked about, counts from now on. */
  async holds(wanted: ManagedRoom, room: ActualRoom, plan: KeepPlan): Promise<boolean> {
    const { holds, kit, mode } = this.#parts;
    const guard = await this.#guard(wanted, room, plan);
    const isObserved = mode() === 'observe';
    if (!guard.held && !isObserved) {
      await this.#recent.note(wanted.id, membersRemoved(plan.members, this.#parts.isKnown));
      return false;
    }
    const hash = kit.digest(`${wanted.id}\n${plan.members.hashText}`).slice(0, 12);
    if (!isObserved && holds.isConfirmed(wanted.id, hash)) return false;
    const why = guard.held ? guard.why : 'authority.mode is observe.';
    if (guard.held && guard.passes) await this.#lookWhenPast(wanted.id);
    const isNews = await holds.hold({ hash, resource: wanted.id, why, removes: guard.held ? guard.removes : [] });
    if (isNews) await this.#tell(wanted, plan, hash, why, isObserved);
    return true;
  }

  /** Whether the plan is of a kind that is held, confirmed or not, or would take out one by one whom a held plan names. */
  async minds(wanted: ManagedRoom, room: ActualRoom, plan: KeepPlan): Promise<boolean> {
    const { holds, mode } = this.#parts;
    if (mode() === 'observe') return true;
    const held = holds.all().find(({ resource }) => resource === wanted.id);
    const isNamed = plan.members.steps.some(({ kind, userId }) => REMOVING.has(kind) && held?.removes.includes(userId));
    return isNamed || (await this.#guard(wanted, room, plan)).held;
  }

  async #guard(wanted: ManagedRoom, room: ActualRoom, plan: KeepPlan): Promise<Guard> {
    const { isOurs, lastSnapshotWasEmpty, isKnown, windowMs } = this.#parts;
    const present = [...room.members].filter(([id, { membership }]) => isThere(membership) && !isOurs(id)).length;
    const isFirstEnforcement = !(await this.#wasEnforced(wanted.id));
    const context = { snapshotWasEmpty: lastSnapshotWasEmpty(), isFirstEnforcement };
    const guard = guardPlan(plan.members, { present }, context);
    if (guard.held) return guard;
    const removes = membersRemoved(plan.members, isKnown);
    const before = removes.length === 0 ? [] : await this.#recent.of(wanted.id, room, removes);
    return guardSum(removes, { before: before.length, present, windowMs: windowMs() });
  }

  async #lookWhenPast(resource: string): Promise<void> {
    const { kit, look } = this.#parts;
    const atMs = await this.#recent.passesAtMs(resource);
    if (atMs === undefined || this.#waiting.has(resource)) return;
    this.#waiting.add(resource);
    kit.clock.after(Math.max(0, atMs - kit.clock.nowMs()), () => {
      this.#waiting.delete(resource);
      look(resource);
    });
  }

  /** Somebody says that a plan is meant. @returns it; undefined where no such plan is held */
  async confirm(hash: string, actor: string): Promise<HeldPlan | undefined> {
    const plan = this.#parts.holds.confirm(hash);
    if (plan === undefined) return undefined;
    const { resource, why } = plan;
    await this.#parts.audit.write([
      { phase: 'confirmed', actor, cause: hash, subject: '', action: 'plan', resource, why, revision: null },
    ]);
    return plan;
  }

  isHeld(resource: string): boolean {
    return this.#parts.holds.all().some((held) => held.resource === resource);
  }

  /** The room is as it should be for everybody. */
  async kept(resource: string): Promise<void> {
    const { kit, holds, mode } = this.#parts;
    await holds.release(resource);
    if (mode() === 'enforce' && !(await this.#wasEnforced(resource)))
      await kit.db.transaction((sql) => kit.stores.cursor.set(sql, ENFORCED + resource, String(kit.clock.nowMs())));
  }

  async #tell(wanted: ManagedRoom, plan: KeepPlan, hash: string, why: string, isObserved: boolean): Promise<void> {
    const { audit, reports } = this.#parts;
    await audit.write([
      {
        phase: 'held',
        actor: 'reconcile',
        cause: hash,
        subject: '',
        action: 'plan',
        resource: wanted.id,
        why,
        revision: null,
      },
    ]);
    const next = isObserved
      ? 'Nothing is done.'
      : `Nothing is done before somebody says \`!causeway confirm ${hash}\` here.`;
    const steps = [
      ...plan.members.steps.map(({ kind, userId, why: because }) => `${kind} ${userId}: ${because}`),
      ...(plan.powers?.notes ?? []).map(
        ({ userId, why: because }) => `${userId === '' ? 'power' : `power ${userId}`}: ${because}`,
      ),
      ...plan.writes.map((write) => `${write.type}: ${write.why}`),
    ];
    const more = steps.length > STEPS_TOLD ? [`… and ${steps.length - STEPS_TOLD} more`] : [];
    reports.say([`${wanted.name}: a plan is held. ${why} ${next}`, ...steps.slice(0, STEPS_TOLD), ...more].join('\n'));
  }

  async #wasEnforced(resource: string): Promise<boolean> {
    const { kit } = this.#parts;
    return (await kit.db.transaction((sql) => kit.stores.cursor.get(sql, ENFORCED + resource))) !== undefined;
  }
}

/** What is answered to whoever confirmed. */
export const confirmText = (hash: string, plan: HeldPlan | undefined): CommandAnswer =>
  plan === undefined
    ? {
        ok: false,
        text: `No plan ${hash} is held. It may have changed meanwhile: \`causeway status\` names those that are.`,
      }
    : { ok: true, text: `The plan for ${plan.resource} goes on.` };

const isThere = (membership: string): boolean => membership === 'join' || membership === 'invite';
