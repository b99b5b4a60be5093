import type { Resource } from '../../core/authority/access.ts';
import { rolesOn } from '../../core/authority/roles-on.ts';
import type { DecisionPoint, DecisionQuestion } from '../../ports/authority.ts';
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
  const resource = admission.resource(resourceId);
  const question = questionOf(admission, userId, resource);
  if (question === undefined) return undefined;
  const answer = await decisions.evaluate({ ...question, resource: resourceId });
  if (answer.kind === 'unknown') return `The policy engine cannot say whether ${userId} may come in: ${answer.text}`;
  if (answer.kind === 'found' && answer.value.allow) return undefined;
  const reason = answer.kind === 'found' ? answer.value.reason : undefined;
  return reason ?? `The policy engine does not let ${userId} in.`;
}

/** A visitor has no roles here, and none from home. */
function questionOf(
  admission: Admission,
  userId: string,
  resource: Resource,
): Omit<DecisionQuestion, 'resource'> | undefined {
  const person = admission.matrixUser(userId);
  const nowMs = admission.at().nowMs;
  if (person.kind === 'found')
    return {
      subject: person.value.subject,
      roles: [...rolesOn(person.value, resource, { nowMs, beganByMs: nowMs })],
      action: resource.kind === 'space' ? 'space.join' : 'channel.join',
    };
  const subject = admission.visitorOf(userId);
  return subject === undefined ? undefined : { subject, roles: ['visitor'], action: 'visitor.admit' };
}
