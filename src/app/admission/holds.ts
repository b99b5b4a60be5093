import type { HeldPlanRow } from '../../ports/authority-stores.ts';
import type { Kit } from '../kit.ts';

/** A plan that waits for somebody to say that it is meant. */
export type HeldPlan = {
  readonly hash: string;
  readonly resource: string;
  readonly why: string;
  readonly removes: readonly string[];
};

/** Plans that would take much away: held until somebody confirms exactly this plan, by its hash. */
export class Holds {
  readonly #kit: Kit;
  readonly #held = new Map<string, HeldPlan>();
  readonly #confirmed = new Map<string, string>();

  /** Somebody said that a plan is meant. */
  onConfirmed: (resource: string) => void = () => {};

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  async load(): Promise<void> {
    const { db, stores } = this.#kit;
    for (const row of await db.transaction((sql) => stores.heldPlan.all(sql))) {
      const plan = parse(row);
      if (plan !== undefined) this.#held.set(plan.resource, plan);
    }
  }

  all(): readonly HeldPlan[] {
    return [...this.#held.values()];
  }

  /** @returns whether this plan is news */
  async hold(plan: HeldPlan): Promise<boolean> {
    const { db, stores, clock, metrics } = this.#kit;
    const before = this.#held.get(plan.resource);
    if (before?.hash === plan.hash) return false;
    this.#held.set(plan.resource, plan);
    metrics.heldPlans.set(this.#held.size);
    const { hash, resource } = plan;
    await db.transaction((sql) =>
      stores.heldPlan.put(sql, { hash, resource, text: JSON.stringify(plan), createdAtMs: clock.nowMs() }),
    );
    return true;
  }

  /** @returns the plan that goes on now; undefined where no such plan is held */
  confirm(hash: string): HeldPlan | undefined {
    const plan = [...this.#held.values()].find((held) => held.hash === hash);
    if (plan === undefined) return undefined;
    this.#confirmed.set(plan.resource, plan.hash);
    this.onConfirmed(plan.resource);
    return plan;
  }

  isConfirmed(resource: string, hash: string): boolean {
    return this.#confirmed.get(resource) === hash;
  }

  /** The resource is as it should be, or its plan was carried out: nothing is held any more. */
  async release(resource: string): Promise<void> {
    const { db, stores, metrics } = this.#kit;
    const plan = this.#held.get(resource);
    this.#confirmed.delete(resource);
    if (plan === undefined) return;
    this.#held.delete(resource);
    metrics.heldPlans.set(this.#held.size);
    await db.transaction((sql) => stores.heldPlan.delete(sql, plan.hash));
  }
}

function parse(row: HeldPlanRow): HeldPlan | undefined {
  try {
    return JSON.parse(row.text) as HeldPlan;
  } catch {
    return undefined;
  }
}
