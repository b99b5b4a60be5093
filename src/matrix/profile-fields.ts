import { type Call, objectOf } from './call.ts';
import { isObject } from './validate-event.ts';

/** Where a ghost's profile says whom it stands for. */
const IDENTITY_FIELD = 'coop.causeway.identity';

/** Asked once: Dendrite has no profile fields (404), others say so among their capabilities (Matrix 1.16). */
export function makeProfileFields(call: Call, botId: string) {
  let has: Promise<boolean> | undefined;
  const ask = async (): Promise<boolean> => {
    const outcome = await call({ method: 'GET', path: ['client', 'v3', 'capabilities'], as: botId });
    const { capabilities } = answered(outcome);
    const fields = isObject(capabilities) ? capabilities['m.profile_fields'] : undefined;
    if (!isObject(fields) || fields.enabled !== true) return false;
    const { allowed, disallowed } = fields;
    return Array.isArray(allowed)
      ? allowed.includes(IDENTITY_FIELD)
      : !(Array.isArray(disallowed) && disallowed.includes(IDENTITY_FIELD));
  };
  /** A decoration: what the homeserver will not take is left out. */
  return async (as: string, about: object): Promise<void> => {
    has ??= ask();
    if (!(await has)) return;
    const path = ['client', 'v3', 'profile', as, IDENTITY_FIELD];
    await call({ method: 'PUT', path, as, body: { [IDENTITY_FIELD]: about } });
  };
}

const answered = (outcome: Awaited<ReturnType<Call>>): Readonly<Record<string, unknown>> => {
  const result = objectOf(outcome, 'repeatable');
  return result.ok ? result.value : {};
};
