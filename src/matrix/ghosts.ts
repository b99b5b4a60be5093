import { ok, type Result } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { type Call, isNotThere, objectOf, refusalOf } from './call.ts';
import { waitMs } from './http-errors.ts';

const REGISTER_TRIES = 5;
/** As long as we wait ourselves; a longer wait is the caller's to plan. */
const MAX_OWN_WAIT_MS = 5_000;

/** Registers a ghost without a device or token for it. Success also where it exists. */
export async function registerGhost(call: Call, clock: Clock, localpart: string): Promise<Result<void>> {
  for (let tries = 1; ; tries++) {
    const outcome = await call({
      method: 'POST',
      path: ['client', 'v3', 'register'],
      body: { type: 'm.login.application_service', username: localpart, inhibit_login: true },
    });
    const refusal = 'answer' in outcome ? refusalOf(outcome.answer) : undefined;
    if (refusal?.errcode === 'M_USER_IN_USE') return ok(undefined);
    if (refusal?.status === 429 && tries < REGISTER_TRIES && waitMs(refusal) <= MAX_OWN_WAIT_MS) {
      await new Promise<void>((resolve) => clock.after(waitMs(refusal), resolve));
      continue;
    }
    return nothing(objectOf(outcome, 'repeatable'));
  }
}

export async function setDisplayName(call: Call, as: string, name: string): Promise<Result<void>> {
  return nothing(
    objectOf(
      await call({
        method: 'PUT',
        path: ['client', 'v3', 'profile', as, 'displayname'],
        as,
        body: { displayname: name },
      }),
      'repeatable',
    ),
  );
}

/** @returns null for a person without one, and for nobody */
export async function displayName(call: Call, botId: string, userId: string): Promise<Result<string | null>> {
  const outcome = await call({ method: 'GET', path: ['client', 'v3', 'profile', userId, 'displayname'], as: botId });
  if (isNotThere(outcome)) return ok(null);
  const result = objectOf(outcome, 'repeatable');
  if (!result.ok) return result;
  const name = result.value.displayname;
  return ok(typeof name === 'string' && name !== '' ? name : null);
}

/** Switches the rule on that notifies of nothing: Dendrite weighs each line for each local member otherwise. */
export async function silence(call: Call, as: string): Promise<Result<void>> {
  const path = ['client', 'v3', 'pushrules', 'global', 'override', '.m.rule.master', 'enabled'];
  return nothing(objectOf(await call({ method: 'PUT', path, as, body: { enabled: true } }), 'repeatable'));
}

export const nothing = (result: Result<unknown>): Result<void> => (result.ok ? ok(undefined) : result);
