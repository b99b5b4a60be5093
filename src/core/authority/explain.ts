import type { Resource } from './access.ts';
import { type At, ageOf } from './at.ts';
import type { Handle, Lookup, Member, Seat } from './member.ts';
import { type Standing, standing } from './standing.ts';

export type ExplainInput = {
  /** As it was asked: a Matrix id, an account, a name. */
  readonly who: string;
  readonly person: Lookup<Member>;
  readonly resources: Iterable<Resource>;
  readonly at: At;
  /** What agreements with other shards say of them. */
  readonly visits?: readonly string[];
  /** What follows in a resource; from what the authority says alone where left out. */
  readonly standingIn?: (resource: Resource) => Standing;
};

/** Who somebody is, what the authority says and how fresh that is, and what follows where, a line each. */
export function explain({ who, person, resources, at, visits = [], standingIn }: ExplainInput): readonly string[] {
  return [
    ...saysLines(who, person),
    ...visits,
    freshLine(person, at),
    ...[...resources].map((resource) =>
      followsLine(resource, standingIn?.(resource) ?? standing(person, resource, at)),
    ),
  ];
}

function saysLines(who: string, person: Lookup<Member>): string[] {
  if (person.kind === 'unknown') return [`${who}: nobody can say now who that is. ${person.text}`];
  if (person.kind === 'absent')
    return [
      person.stranger === true
        ? `${who} is nobody whom the authority names.`
        : `${who} was known, and the authority says that there is no such member any more.`,
    ];
  const { name, subject, status, statusText, seats, roles, handles } = person.value;
  return [
    `${who} is ${name === undefined ? '' : `${name}, `}${subject.sub} of ${subject.iss}.`,
    `The authority says: ${meaning(status, statusText)}.`,
    `Seats: ${listed(seats.map(seatText))}.`,
    `Roles in the cooperative: ${listed(roles.map((role) => `${role.role}${term(role)}`))}.`,
    `Handles: ${listed(handles.map(handleText))}.`,
  ];
}

function meaning(status: Member['status'], text: string): string {
  if (status === 'unmapped') return `“${text}”, which nobody explained: an admin has to add it to authority.statuses`;
  return status === text ? status : `“${text}”, which means ${status}`;
}

function freshLine(person: Lookup<Member>, at: At): string {
  const { ageMs, softMs, hardMs } = at;
  const ownAgeMs = person.kind === 'unknown' ? ageMs : ageOf(person.freshness, at);
  const limits = `Older than ${seconds(softMs)} lets nobody new in; older than ${seconds(hardMs)} stops confidential rooms.`;
  if (!Number.isFinite(ownAgeMs)) return `The authority was not heard yet. ${limits}`;
  const which = person.kind === 'unknown' ? '' : ` (revision ${person.freshness.revision}, by ${person.freshness.via})`;
  return `That is ${seconds(ownAgeMs)} old${which}. ${limits}`;
}

const MEMBERSHIPS: Readonly<Record<Standing['membership'], string>> = {
  in: 'belongs in it',
  may: 'may be in it, is not invited',
  out: 'has to be out',
  banned: 'is banned',
  unchanged: 'nothing changes',
};
const IRC: Readonly<Record<Standing['ircStatus'], string>> = { '': '', v: 'voice on IRC', o: 'operator on IRC' };

function followsLine({ label, id }: Resource, own: Standing): string {
  const parts = [
    MEMBERSHIPS[own.membership],
    own.speaks ? 'speaks' : 'does not speak',
    own.power === 'unchanged' ? '' : `power ${own.power}`,
    own.puppet ? 'own connection on IRC' : '',
    IRC[own.ircStatus],
  ];
  return `${label} (${id}): ${parts.filter((part) => part !== '').join(', ')}. They are told: ${own.why}`;
}

const seatText = (seat: Seat): string => `${seat.group} (${listed(seat.roles)}${term(seat)})`;
const handleText = ({ kind, value, network }: Handle): string =>
  kind === 'mxid' ? value : `${value} (${network === undefined ? kind : `account on ${network}`})`;

function term({ notBeforeMs, notAfterMs }: { readonly notBeforeMs?: number; readonly notAfterMs?: number }): string {
  const from = notBeforeMs === undefined ? '' : ` from ${moment(notBeforeMs)}`;
  return `${from}${notAfterMs === undefined ? '' : ` until ${moment(notAfterMs)}`}`;
}

/** The farthest moment that a date can name (ECMAScript, time values). */
const LAST_MS = 8.64e15;
const moment = (atMs: number): string =>
  Math.abs(atMs) <= LAST_MS ? `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'the end of time';
const listed = (parts: readonly string[]): string => (parts.length === 0 ? 'none' : parts.join(', '));
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
