import type { MemberPlan } from './plan-members.ts';

export type Guard =
  | { readonly held: false }
  /**
   * @property removes Matrix ids of those who would be removed, or at a first run demoted
   * @property passes it is held for what happened before, and goes on by itself when that is long enough ago
   */
  | { readonly held: true; readonly why: string; readonly removes: readonly string[]; readonly passes?: true };

const FEW = 5;
const SHARE = 0.1;
/** Kinds of steps that take somebody out. */
export const REMOVING: ReadonlySet<string> = new Set(['kick', 'withdraw', 'reject', 'ban']);
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

/**
 * Removals that come one by one are no plan of their own, and add up all the same: whether these are too many, with those of
 * the time before.
 * @param removes Matrix ids of members who would be removed
 * @param before who was removed unasked within that time, and is still out
 * @param present people who are in the room or invited now, ours not counted
 */
export function guardSum(
  removes: readonly string[],
  { before, present, windowMs }: { readonly before: number; readonly present: number; readonly windowMs: number },
): Guard {
  const most = Math.max(FEW, (present + before) * SHARE);
  if (removes.length === 0 || before === 0 || before + removes.length <= most) return FREE;
  const time = windowMs < 120_000 ? `${Math.round(windowMs / 1000)} s` : `${Math.round(windowMs / 60_000)} minutes`;
  const why = `Within ${time} ${people(before)} of ${present + before} were removed one by one, and it would remove ${removes.length} more. It goes on by itself when that is ${time} ago.`;
  return { held: true, why, removes, passes: true };
}

const held = (removes: readonly string[], why: string): Guard => ({ held: true, why, removes });
const people = (count: number): string => (count === 1 ? '1 person' : `${count} people`);
