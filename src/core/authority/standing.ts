import {
  doorOf,
  type Effect,
  type IrcStatus,
  MOST_POWER,
  OPERATIONS_TABLE,
  OUT,
  type Resource,
  ROLE_TABLE,
  SILENT_POWER,
  STATUS_TABLE,
} from './access.ts';
import type { Freshness, Lookup, Member, Role, Status } from './member.ts';
import { type Moment, meets, rolesOn } from './roles-on.ts';
import { WORDS } from './words.ts';

/**
 * When a question is asked, and how old the authority's last word is.
 * @property ageMs since the authority last said anything; infinite where it never did
 * @property softMs older answers let nobody new in
 * @property hardMs older answers end the relaying of confidential rooms
 */
export type At = { readonly nowMs: number; readonly ageMs: number; readonly softMs: number; readonly hardMs: number };

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
  if (person.kind === 'unknown') return unchanged(resource, at, 'unknown', null);
  const age = ageOf(person.freshness, at);
  if (person.kind === 'found' && person.value.status === 'unmapped')
    return unchanged(resource, at, 'unmapped', person.freshness.revision, person.value.statusText);
  const plain =
    person.kind === 'absent'
      ? ofStranger(resource, person.freshness.revision)
      : ofMember(person.value, person.value.status as Status, resource, at, person.freshness);
  const grouped = inGroupState(plain, resource);
  const isGuess = person.kind === 'absent' && person.stranger === true;
  return aged(grouped, resource, at, age, isGuess);
}

/** The newest word that covers this person: their own, or that nothing changed for anybody. */
const ageOf = ({ asOfMs }: Freshness, { nowMs, ageMs }: At): number => Math.min(ageMs, Math.max(0, nowMs - asOfMs));

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
  const age = ageOf(freshness, at);
  const moment = { nowMs: at.nowMs, beganByMs: age > at.softMs ? at.nowMs - age : at.nowMs };
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

function aged(plain: Standing, resource: Resource, at: At, ageMs: number, isGuess: boolean): Standing {
  if (ageMs <= at.softMs) return plain;
  if (ageMs > at.hardMs && resource.staleness === 'confidential' && plain.speaks)
    return { ...plain, membership: 'may', speaks: false, code: 'stale', why: WORDS.stale(resource) };
  if (plain.membership === 'in') return { ...plain, membership: 'may', code: 'waiting', why: WORDS.waiting(resource) };
  // Of a stranger the authority never said a word: that nobody named them is no statement once it is old.
  if (isGuess && plain.membership === 'out') return { ...plain, membership: 'unchanged', power: 'unchanged' };
  return plain;
}

function unchanged(
  resource: Resource,
  at: At,
  code: 'unknown' | 'unmapped',
  revision: number | null,
  statusText = '',
): Standing {
  const isStopped = resource.staleness === 'confidential' && at.ageMs > at.hardMs;
  const speaks = !isStopped && resource.groupState === 'active';
  return {
    membership: 'unchanged',
    power: 'unchanged',
    speaks,
    puppet: speaks,
    ircStatus: '',
    code: isStopped ? 'stale' : code,
    why: isStopped ? WORDS.stale(resource) : WORDS[code](resource, statusText),
    revision,
  };
}

export type { Effect, Moment };
