import {
  doorOf,
  type IrcStatus,
  MOST_POWER,
  OPERATIONS_TABLE,
  OUT,
  type Resource,
  ROLE_TABLE,
  SILENT_POWER,
  STATUS_TABLE,
} from './access.ts';
import { type At, ageOf, momentOf } from './at.ts';
import type { Freshness, Lookup, Member, Role, Status } from './member.ts';
import { meets, rolesOn } from './roles-on.ts';
import { WORDS } from './words.ts';

export type { At } from './at.ts';

/** What follows for one person in one room or Space. */
export type Standing = {
  /** `in`: is invited if not there. `may`: stays if there. `unchanged`: nothing is known that would move them. */
  readonly membership: 'in' | 'may' | 'out' | 'banned' | 'unchanged';
  readonly power: number | 'unchanged';
  readonly speaks: boolean;
  readonly puppet: boolean;
  readonly ircStatus: IrcStatus;
  /** A sentence for the person: what is, and what to do next. */
  readonly why: string;
  readonly code: string;
  /** Of the authority's statement; null where it made none. */
  readonly revision: number | null;
};

/** The tables applied: pure, and the only place that says what a standing means. */
export function standing(person: Lookup<Member>, resource: Resource, at: At): Standing {
  if (person.kind === 'unknown') return unchanged(resource, at.ageMs, at, 'unknown', null);
  if (person.kind === 'found' && person.value.status === 'unmapped')
    return ofUnmapped(person.value, resource, at, person.freshness);
  const plain =
    person.kind === 'absent'
      ? ofStranger(resource, person.freshness.revision)
      : ofMember(person.value, person.value.status as Status, resource, at, person.freshness);
  const grouped = inGroupState(plain, resource);
  const isGuess = person.kind === 'absent' && person.stranger === true;
  return aged(grouped, resource, at, ageOf(person.freshness, at), isGuess);
}

/** Somebody of whom a trusted side says that they were shut out, before the authority was asked: silence, and nothing new. */
export function shut(plain: Standing, resource: Resource): Standing {
  const membership = plain.membership === 'in' ? 'may' : plain.membership;
  return plain.speaks ? { ...plain, membership, speaks: false, code: 'shut', why: WORDS.shut(resource) } : plain;
}

function ofStranger(resource: Resource, revision: number): Standing {
  const door = doorOf(resource);
  const effect = STATUS_TABLE.stranger[door];
  return {
    ...effect,
    power: 0,
    ircStatus: '',
    code: 'stranger',
    why: WORDS.stranger[door](resource),
    revision,
  };
}

function ofMember(member: Member, status: Status, resource: Resource, at: At, freshness: Freshness): Standing {
  const { revision } = freshness;
  const moment = momentOf(freshness, at);
  const door = doorOf(resource);
  const effect = STATUS_TABLE[status][door];
  const hasPlace = meets(member, resource, moment);
  const staysAway = effect.membership === 'out' || effect.membership === 'banned';
  if (door === 'closed' && !hasPlace && !staysAway) {
    const code = rolesOn(member, resource, moment).size === 0 ? 'no-seat' : 'role-required';
    return { ...OUT, power: 0, ircStatus: '', code, why: WORDS[code](resource), revision };
  }
  const why = WORDS[status][door](resource);
  if (status !== 'active') {
    const power = status === 'hibernating' ? SILENT_POWER : 0;
    return { ...effect, power, ircStatus: '', code: status, why, revision };
  }
  const roles = rolesOn(member, resource, moment);
  // Into an open room of a group its own people are invited; others may come by themselves.
  const membership = roles.size === 0 && effect.membership === 'in' ? 'may' : effect.membership;
  return { ...effect, membership, ...ofRoles(roles, resource), code: 'admitted', why, revision };
}

function ofRoles(roles: ReadonlySet<Role>, resource: Resource): { power: number; ircStatus: IrcStatus } {
  const table = resource.isOperations === true ? OPERATIONS_TABLE : ROLE_TABLE;
  let best = ROLE_TABLE.member;
  for (const role of roles) if (table[role].power > best.power) best = table[role];
  return { power: Math.min(best.power, MOST_POWER), ircStatus: best.ircStatus };
}

/** A group that rests is read and not written in; nobody new is called into it. */
function inGroupState(plain: Standing, resource: Resource): Standing {
  const { groupState } = resource;
  if (groupState === 'active' || plain.membership === 'out' || plain.membership === 'banned') return plain;
  const code = groupState === 'archived' ? 'group-archived' : 'group-hibernating';
  return { ...plain, membership: 'may', speaks: false, puppet: false, code, why: WORDS[code](resource) };
}

/** What the age of what we know takes from a standing. */
export function aged(plain: Standing, resource: Resource, at: At, ageMs: number, isGuess: boolean): Standing {
  if (ageMs <= at.softMs) return plain;
  const isThere = plain.membership === 'in' || plain.membership === 'may';
  if (isThere && ageMs > at.hardMs && resource.staleness === 'confidential')
    return { ...plain, membership: 'may', speaks: false, code: 'stale', why: WORDS.stale(resource) };
  if (plain.membership === 'in') return { ...plain, membership: 'may', code: 'waiting', why: WORDS.waiting(resource) };
  // Of a stranger the authority never said a word: that nobody named them is no statement once it is old.
  if (isGuess && plain.membership === 'out') return { ...plain, membership: 'unchanged', power: 'unchanged' };
  return plain;
}

/** Nobody knows what the word means; but without a seat nothing is theirs, whatever it means. */
function ofUnmapped(member: Member, resource: Resource, at: At, freshness: Freshness): Standing {
  const plain = unchanged(resource, ageOf(freshness, at), at, 'unmapped', freshness.revision, member.statusText);
  const hasPlace = doorOf(resource) !== 'closed' || meets(member, resource, momentOf(freshness, at));
  return hasPlace ? plain : { ...plain, speaks: false, puppet: false };
}

function unchanged(
  resource: Resource,
  ageMs: number,
  at: At,
  code: 'unknown' | 'unmapped',
  revision: number | null,
  statusText = '',
): Standing {
  const isStopped = resource.staleness === 'confidential' && ageMs > at.hardMs;
  const isAwake = resource.groupState === 'active';
  return {
    membership: 'unchanged',
    power: 'unchanged',
    speaks: isAwake && !isStopped,
    // Silence of the authority ends lines, never connections: those would not come back as they were.
    puppet: isAwake,
    ircStatus: '',
    code: isStopped ? 'stale' : code,
    why: isStopped ? WORDS.stale(resource) : WORDS[code](resource, statusText),
    revision,
  };
}
