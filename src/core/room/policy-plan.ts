import type { ActualRoom } from './actual-room.ts';
import { MANAGED_MARK } from './managed-mark.ts';
import type { StateWrite } from './state-plan.ts';

const TYPE = 'm.policy.rule.user';

/**
 * Rules that tell other rooms and servers whom the cooperative has expelled (Client-Server API, "Moderation policy lists").
 * Only rules that we wrote are lifted.
 * @param banned who is expelled now, with why
 * @param isPardoned whether the authority says of somebody that they are expelled no more
 */
export function planPolicies(
  room: ActualRoom,
  banned: ReadonlyMap<string, string>,
  isPardoned: (userId: string) => boolean,
): StateWrite[] {
  const writes: StateWrite[] = [];
  for (const [userId, reason] of banned) {
    const key = `rule:${userId}`;
    const rule = room.policyRules.get(key);
    if (rule?.entity === userId && rule.recommendation === 'm.ban') continue;
    const content = { entity: userId, recommendation: 'm.ban', reason, [MANAGED_MARK]: true };
    writes.push({ type: TYPE, state_key: key, content, why: `${userId} was expelled; others may know.` });
  }
  for (const [key, { entity, [MANAGED_MARK]: isOurs }] of room.policyRules)
    if (isOurs === true && typeof entity === 'string' && isPardoned(entity))
      writes.push({ type: TYPE, state_key: key, content: {}, why: `${entity} is expelled no more.` });
  return writes;
}
