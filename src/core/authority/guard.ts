import type { MemberPlan } from './plan-members.ts';

export type Guard =
  | { readonly held: false }
  /** @property removes Matrix ids of those who would be removed, or at a first run demoted */
  | { readonly held: true; readonly why: string; readonly removes: readonly string[] };

const FEW = 5;
const SHARE = 0.1;
const REMOVING: ReadonlySet<string> = new Set(['kick', 'withdraw', 'ban']);
const FREE: Guard = { held: false };

/**
 * Whether a plan takes so much away that a person has to say that it is meant.
 * @param sizes people who are in the room or invited, ours not counted
 */
export function guardPlan(
  plan: MemberPlan,
  sizes: { readonly present: number },
  context: { readonly snapshotWasEmpty: boolean; readonly isFirstEnforcement: boolean },
): Guard {
  const removes = plan.removes ?? plan.steps.filter(({ kind }) => REMOVING.has(kind)).map(({ userId }) => userId);
  const loses = [...removes, ...(plan.demotes ?? [])];
  if (context.snapshotWasEmpty && removes.length > 0)
    return held(removes, `The authority named nobody at all, and ${people(removes.length)} would be removed for that.`);
  if (removes.length > Math.max(FEW, sizes.present * SHARE))
    return held(removes, `It would remove ${removes.length} of ${people(sizes.present)} at once.`);
  if (context.isFirstEnforcement && sizes.present > 0 && loses.length > 0)
    return held(
      loses,
      `It is the first time that the authority is enforced here, and ${people(loses.length)} would be removed or lose power.`,
    );
  return FREE;
}

const held = (removes: readonly string[], why: string): Guard => ({ held: true, why, removes });
const people = (count: number): string => (count === 1 ? '1 person' : `${count} people`);
