import { rolesOn } from '../../core/authority/roles-on.ts';
import type { DecisionPoint } from '../../ports/authority.ts';
import type { Admission } from './admission.ts';

/**
 * Asks the policy engine about somebody whom the authority would let in. Its silence lets nobody in.
 * @returns why not, as a sentence; undefined where there is nothing against it
 */
export async function secondOpinion(
  decisions: DecisionPoint,
  admission: Admission,
  userId: string,
  resourceId: string,
): Promise<string | undefined> {
  const person = admission.matrixUser(userId);
  if (person.kind !== 'found') return undefined;
  const resource = admission.resource(resourceId);
  const nowMs = admission.at().nowMs;
  const answer = await decisions.evaluate({
    subject: person.value.subject,
    roles: [...rolesOn(person.value, resource, { nowMs, beganByMs: nowMs })],
    action: resource.kind === 'space' ? 'space.join' : 'channel.join',
    resource: resourceId,
  });
  if (answer.kind === 'unknown') return `The policy engine cannot say whether ${userId} may come in: ${answer.text}`;
  if (answer.kind === 'found' && answer.value.allow) return undefined;
  const reason = answer.kind === 'found' ? answer.value.reason : undefined;
  return reason ?? `The policy engine does not let ${userId} in.`;
}
