import type { Resource } from './access.ts';
import { SILENT_POWER } from './access.ts';
import type { Agreement, Grant, VisitorAction } from './agreement.ts';
import type { At } from './at.ts';
import type { SubjectRef } from './member.ts';
import { aged, type Standing } from './standing.ts';

/** Somebody of a peer who was let in for a while. */
export type Visit = {
  readonly agreement: string;
  readonly version: number;
  readonly subject: SubjectRef;
  readonly userId: string;
  /** What their home and the agreement allowed when they came: what is agreed later does not widen a visit. */
  readonly grants: readonly Grant[];
  readonly beganMs: number;
  readonly untilMs: number;
  /** Of our authority's statement of the agreement. */
  readonly revision: number;
  /** It ended before its time, at that moment. */
  readonly endedMs?: number;
};

export const isLive = ({ untilMs, endedMs }: Visit, nowMs: number): boolean => endedMs === undefined && nowMs < untilMs;

/** What both lists allow in one resource. */
function commonActions(one: readonly Grant[], other: readonly Grant[], resource: string): Set<VisitorAction> {
  const inOther = actionsIn(other, resource);
  return new Set([...actionsIn(one, resource)].filter((action) => inOther.has(action)));
}

/** What both lists allow: each resource once, nothing without an action. */
export function commonGrants(one: readonly Grant[], other: readonly Grant[]): readonly Grant[] {
  return [...new Set(one.map(({ resource }) => resource))].flatMap((resource) => {
    const actions = [...commonActions(one, other, resource)];
    return actions.length === 0 ? [] : [{ resource, actions }];
  });
}

const actionsIn = (grants: readonly Grant[], resource: string): ReadonlySet<VisitorAction> =>
  new Set(grants.flatMap((grant) => (grant.resource === resource ? grant.actions : [])));

/** Whether our own rules let visitors into a room or Space at all, whatever was agreed. */
export const takesVisitors = ({ kind, visitors, groupState, require }: Resource): boolean =>
  visitors === true &&
  (kind === 'channel' || kind === 'space') &&
  groupState === 'active' &&
  (require === 'none' || require === 'member');

/** Agreement ∩ assertion ∩ our own rules. */
export const effectiveActions = (visit: Visit, agreement: Agreement, resource: Resource): ReadonlySet<VisitorAction> =>
  takesVisitors(resource) ? commonActions(agreement.grants, visit.grants, resource.id) : new Set();

/**
 * What a live visit gives in one resource, as `standing` says it for members; undefined where it gives nothing. Whatever
 * somebody is at home, here they are a visitor: power 0, and less where they only read.
 */
export function visitStanding(visit: Visit, agreement: Agreement, resource: Resource, at: At): Standing | undefined {
  const actions = effectiveActions(visit, agreement, resource);
  const { label } = resource;
  if (!actions.has(resource.kind === 'space' ? 'space.join' : 'channel.join')) return undefined;
  const speaks = resource.kind === 'space' || actions.has('channel.send');
  const plain: Standing = {
    membership: 'in',
    power: speaks ? 0 : SILENT_POWER,
    speaks,
    puppet: speaks,
    ircStatus: speaks && resource.kind === 'channel' ? 'v' : '',
    code: 'visitor',
    why: `You are a visitor from ${agreement.peer.homeserver} by the agreement ${agreement.id}: you can ${speaks ? 'read and speak in' : 'read'} ${label} until your visit ends.`,
    revision: visit.revision,
  };
  return aged(plain, resource, at, at.ageMs, false);
}

/** Why somebody is not a visitor any more. `cut`: nothing is relayed, and nobody is put out yet. */
export type Ended = {
  readonly code: 'visit-ended' | 'agreement-ended' | 'agreement-gone';
  readonly isCut: boolean;
  readonly why: string;
  readonly revision: number;
};

export const endedStanding = ({ code, isCut, why, revision }: Ended): Standing => ({
  membership: isCut ? 'unchanged' : 'out',
  power: isCut ? 'unchanged' : 0,
  speaks: false,
  puppet: isCut,
  ircStatus: '',
  code,
  why,
  revision,
});

/** Removals for these rest on what we know ourselves and were decided one by one: no guard asks whether many at once are meant. */
export const DECIDED_ENDINGS: ReadonlySet<string> = new Set(['visit-ended', 'agreement-ended']);

/** Of whom our own authority says nothing that a visit could contradict. */
const MAY_VISIT: ReadonlySet<string> = new Set([
  'stranger',
  'no-seat',
  'role-required',
  'applicant',
  'provisional',
  'unknown',
]);
const LIVE: ReadonlySet<string> = new Set(['visitor', 'waiting', 'stale']);
const OF_AGREEMENT: ReadonlySet<string> = new Set(['agreement-ended', 'agreement-gone']);

/**
 * Somebody stays where any ground lets them: their own seat, an open door, a visit. What our own authority says against
 * them comes before every visit.
 */
export function united(own: Standing, visit: Standing | undefined): Standing {
  if (visit === undefined || !MAY_VISIT.has(own.code)) return own;
  const hasOwnGround = own.membership === 'in' || own.membership === 'may';
  const isStranger = own.code === 'stranger';
  if (LIVE.has(visit.code)) return hasOwnGround && own.speaks && !(isStranger && visit.speaks) ? own : visit;
  // An open door is open to those whose server may come through it.
  if (hasOwnGround && !(isStranger && OF_AGREEMENT.has(visit.code))) return own;
  // Whom nobody can tell from a member now is silenced, and stays.
  return own.code === 'unknown' ? { ...own, speaks: false, why: visit.why, code: visit.code } : visit;
}
