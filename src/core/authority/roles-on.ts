import { RANK, type Resource } from './access.ts';
import type { Member, Role } from './member.ts';

/**
 * When it is asked. What has ended is over at `nowMs`; what begins has begun only if it had by `beganByMs`, the moment of
 * the last fresh answer: nobody gains by the authority's silence.
 */
export type Moment = { readonly nowMs: number; readonly beganByMs: number };

type Term = { readonly notBeforeMs?: number; readonly notAfterMs?: number };

/** From the first moment of the term to just before its end. */
const isValid = ({ notBeforeMs, notAfterMs }: Term, { nowMs, beganByMs }: Moment): boolean =>
  (notBeforeMs ?? Number.NEGATIVE_INFINITY) <= beganByMs && nowMs < (notAfterMs ?? Number.POSITIVE_INFINITY);

/**
 * Roles that somebody holds in one resource: of their seats in its own group, and of the whole cooperative where they
 * belong to the resource. Nothing comes from a group above or below. Empty: they have no place in it.
 */
export function rolesOn(member: Member, resource: Resource, moment: Moment): ReadonlySet<Role> {
  const ofAll = member.roles.filter((role) => isValid(role, moment)).map(({ role }) => role);
  // A coordinator is one of something: of the whole cooperative there is none.
  const shard = ofAll.filter((role) => role !== 'coordinator');
  if (resource.group === undefined) return new Set<Role>(['member', ...shard]);
  const seats = seatsIn(member, resource.group, moment);
  if (seats.length === 0) return new Set();
  return new Set<Role>(['member', ...shard, ...seats.flatMap(({ roles }) => roles)]);
}

/** Whether an active member has what the resource asks. In a room of all coordinators, being one anywhere is enough. */
export function meets(member: Member, resource: Resource, moment: Moment): boolean {
  const needed = RANK[resource.require];
  const held = [...rolesOn(member, resource, moment)];
  if (held.some((role) => RANK[role] >= needed)) return true;
  if (resource.group !== undefined || resource.require !== 'coordinator') return false;
  const anywhere = [...member.roles, ...member.seats.filter((seat) => seat.roles.includes('coordinator'))];
  return anywhere.some((term) => (!('role' in term) || term.role === 'coordinator') && isValid(term, moment));
}

const seatsIn = (member: Member, group: string, moment: Moment) =>
  member.seats.filter((seat) => seat.group === group && isValid(seat, moment));
