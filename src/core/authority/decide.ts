import { doorOf, RANK, type Resource } from './access.ts';
import { type At, ageOf, momentOf } from './at.ts';
import type { Action, Lookup, Member, Role } from './member.ts';
import { rolesOn } from './roles-on.ts';
import { type Standing, standing } from './standing.ts';

export type Decision = {
  readonly allow: boolean;
  readonly code: string;
  /** A sentence for the person: what is, and what to do next. */
  readonly why: string;
  readonly revision: number | null;
};

/**
 * What an action asks.
 * @property needs `stay`: to be let in or be there; `read`, `speak`: as the standing says; otherwise the least role in the resource
 * @property grants whether it gives somebody something: then it waits for a fresh answer
 * @property openNeeds in open rooms, where that is less
 */
type ActionRule = {
  readonly needs: 'stay' | 'read' | 'speak' | Role;
  readonly grants: boolean;
  readonly openNeeds?: Role;
  readonly verb: string;
};

export const ACTION_TABLE: Readonly<Record<Action, ActionRule>> = {
  'space.join': { needs: 'stay', grants: true, verb: 'join' },
  'channel.join': { needs: 'stay', grants: true, verb: 'join' },
  'channel.read': { needs: 'read', grants: false, verb: 'read' },
  'channel.send': { needs: 'speak', grants: false, verb: 'speak in' },
  'channel.invite': { needs: 'coordinator', openNeeds: 'member', grants: true, verb: 'invite people to' },
  'channel.moderate': { needs: 'coordinator', grants: false, verb: 'moderate' },
  'channel.configure': { needs: 'coordinator', grants: true, verb: 'configure' },
  'channel.bridge': { needs: 'coordinator', grants: true, verb: 'link' },
  'role.grant': { needs: 'council', grants: true, verb: 'give roles in' },
  'visitor.admit': { needs: 'coordinator', grants: true, verb: 'admit visitors to' },
};

/** Why somebody who does not speak may read all the same. */
const READING: ReadonlySet<string> = new Set(['hibernating', 'group-hibernating', 'group-archived']);

/** Whether a person may do something, now: the table of actions over the tables of standings and roles. */
export function decide(action: Action, person: Lookup<Member>, resource: Resource, at: At): Decision {
  const rule = ACTION_TABLE[action];
  const own = standing(person, resource, at);
  const { code, why, revision, speaks } = own;
  const no: Decision = { allow: false, code, why, revision };
  const yes: Decision = { allow: true, code, why, revision };
  if (rule.needs === 'speak') return speaks ? yes : no;
  if (rule.needs === 'read') return speaks || (own.membership === 'may' && READING.has(code)) ? yes : no;
  if (person.kind === 'unknown') return no;
  const isStale = ageOf(person.freshness, at) > at.softMs;
  if (rule.grants && isStale && isThere(own)) return { ...no, code: 'waiting', why: waitingFor(rule, resource) };
  if (rule.needs === 'stay') return isThere(own) ? yes : no;
  if (code !== 'admitted' && code !== 'waiting') return no;
  const needed = doorOf(resource) === 'closed' ? rule.needs : (rule.openNeeds ?? rule.needs);
  return hasRole(person, needed, resource, at) ? yes : lacks(rule, needed, resource, revision);
}

const isThere = ({ membership }: Standing): boolean => membership === 'in' || membership === 'may';

function hasRole(person: Lookup<Member>, needed: Role, resource: Resource, at: At): boolean {
  if (person.kind !== 'found') return false;
  const held = [...rolesOn(person.value, resource, momentOf(person.freshness, at))];
  return held.some((role) => RANK[role] >= RANK[needed]);
}

const ASK: Readonly<Record<Role, string>> = {
  member: 'a member',
  operator: 'an operator',
  coordinator: 'a coordinator',
  council: 'somebody of the council',
};

const lacks = ({ verb }: ActionRule, needed: Role, { label, group }: Resource, revision: number | null): Decision => ({
  allow: false,
  code: 'role-required',
  why: `To ${verb} ${label} takes ${ASK[needed]}${group === undefined ? '' : ` of the group ${group}`}. Ask one to do it.`,
  revision,
});

const waitingFor = ({ verb }: ActionRule, { label }: Resource): string =>
  `The authority does not answer now, so nobody can ${verb} ${label}. Try again when it answers; an admin sees why in the admin room.`;
