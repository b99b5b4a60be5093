import type { JWTPayload } from 'jose';
import type { SecurityEvent } from '../../ports/security-events.ts';
import { effectOf, kindOf } from './event-types.ts';
import { both, type SubjectNames, subjectsOf, type Whom } from './read-subjects.ts';

const MAX_EVENTS = 20;
const MAX_ID = 500;
const STRENGTH: readonly SecurityEvent['effect'][] = ['none', 'look', 'shut'];

/** What a verified token says has happened (RFC 8417 §2.2). @returns undefined where its claims are not those of one */
export function readEvent(claims: JWTPayload, names: SubjectNames): SecurityEvent | undefined {
  const { jti, events, sub_id, sub } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_ID) return undefined;
  if (!isMap(events)) return undefined;
  const all = Object.entries(events);
  if (all.length === 0 || all.length > MAX_EVENTS || !all.every(([, payload]) => isMap(payload))) return undefined;
  const effects = all.map(([type]) => effectOf(type));
  const whom: Whom = [
    subjectsOf(sub_id, names),
    subjectsOf(sub === undefined ? undefined : { format: 'iss_sub', iss: names.issuer, sub }, names),
    // Before SSF 1.0 the subject stood in the event.
    ...all.map(([, payload]) => subjectsOf((payload as { subject?: unknown }).subject, names)),
  ].reduce(both);
  return {
    id: jti,
    kind: all.map(([type]) => kindOf(type)).join(', '),
    effect: STRENGTH.findLast((strength) => effects.includes(strength)) ?? 'look',
    ...whom,
  };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
