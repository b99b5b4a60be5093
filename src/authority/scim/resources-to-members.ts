import { type Handle, handleKey, type Member, subjectKey } from '../../core/authority/member.ts';
import { type Meaning, rolesFrom, seatsFrom } from '../meanings.ts';
import { type Answer, answer, clean, unknown } from '../unknown.ts';
import {
  MAX_GROUP,
  MAX_HANDLES,
  MAX_SUBJECT,
  roleOf,
  statusOf,
  toDidHandle,
  toIrcHandle,
  toMatrixHandle,
  type Words,
} from '../words.ts';
import { CAUSEWAY } from './attributes.ts';
import { isTree, type Resource, type Tree } from './resource.ts';

export type ScimWords = Words & { readonly issuer: string };

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The stable name of a user: what the directory itself calls it, else the id of the resource. */
export const subjectOf = (user: Resource): string => textOf(user.externalId) ?? user.id;

/**
 * One user as a member.
 * @param groups those that have the user as a member
 */
export function toMember(user: Resource, groups: Iterable<Resource>, words: ScimWords): Member {
  const meanings = [...groups]
    .flatMap((group) => meaningsOfGroup(group, words))
    .concat(rolesOf(user).flatMap((word) => meaningsOfRole(word, words)));
  const name = nameOf(user);
  return {
    subject: { iss: words.issuer, sub: subjectOf(user) },
    ...(name !== undefined && { name }),
    ...standingOf(user, words),
    seats: seatsFrom(meanings),
    roles: rolesFrom(meanings),
    handles: handlesOf(user).handles,
  };
}

/**
 * Everybody, all or nothing.
 * @param groupsOf those that have the user as a member
 */
export function toMembers(
  users: readonly Resource[],
  groupsOf: (user: Resource) => Iterable<Resource>,
  words: ScimWords,
): Answer<Member[]> {
  const owners = new Map<string, string>();
  const members: Member[] = [];
  for (const user of users) {
    const sub = subjectOf(user);
    if (sub.length > MAX_SUBJECT)
      return unknown('malformed', `The user ${clean(user.id)} has an id of ${sub.length} characters.`);
    const member = toMember(user, groupsOf(user), words);
    for (const key of [subjectKey(member.subject), ...member.handles.map(ownerKey)]) {
      const other = owners.get(key);
      if (other !== undefined && other !== user.id)
        return unknown(
          'ambiguous',
          `Two users, ${clean(other)} and ${clean(user.id)}, have the same ${clean(key)}. It can belong to one person only; correct one of them.`,
        );
      owners.set(key, user.id);
    }
    members.push(member);
  }
  return answer(members);
}

/** One string for a handle; accounts compare without case on every network there is. */
export const ownerKey = (handle: Handle): string =>
  handle.kind === 'irc-account' ? handleKey(handle).toLowerCase() : handleKey(handle);

/** Ids of the users that a group names. Groups in groups give nothing to their members. */
export const memberIds = (group: Resource): string[] =>
  listOf(group.members).flatMap((member) =>
    isTree(member) && typeof member.value === 'string' && textOf(member.type)?.toLowerCase() !== 'group'
      ? [member.value]
      : [],
  );

const FORMS = [
  ['matrix', toMatrixHandle],
  ['irc', toIrcHandle],
  ['did', toDidHandle],
] as const;

/** `wrong`: what stands where a handle should, and is none. */
export function handlesOf(user: Resource): { readonly handles: Handle[]; readonly wrong: string[] } {
  const extension = user[CAUSEWAY.id];
  const handles = new Map<string, Handle>();
  const wrong: string[] = [];
  for (const [key, toHandle] of FORMS)
    for (const value of listOf(isTree(extension) ? extension[key] : undefined)) {
      const handle = typeof value === 'string' ? toHandle(value.trim()) : undefined;
      if (handle === undefined) wrong.push(String(value));
      else if (handles.size < MAX_HANDLES) handles.set(ownerKey(handle), handle);
    }
  return { handles: [...handles.values()], wrong };
}

function nameOf(user: Resource): string | undefined {
  const parts: Tree = isTree(user.name) ? user.name : {};
  const inParts = [parts.givenName, parts.familyName].filter((part) => textOf(part) !== undefined).join(' ');
  const userName = textOf(user.userName);
  const name =
    textOf(user.displayName) ??
    textOf(parts.formatted) ??
    textOf(inParts) ??
    // An address is nobody's name, and nobody else's business.
    (userName?.includes('@') === true ? undefined : userName);
  return name === undefined ? undefined : textOf(clean(name));
}

/** A deactivated account lets nobody in, whatever standing was written beside it. */
/** Beside `active: false` these mean suspended: what the directory itself switched off counts, whatever a word of its own says. */
const OVERRULED = new Set(['active', 'provisional', 'applicant', 'unmapped']);

function standingOf(user: Resource, words: ScimWords): Pick<Member, 'status' | 'statusText'> {
  const extension = user[CAUSEWAY.id];
  const word = isTree(extension) ? textOf(extension.status) : undefined;
  const isOff = user.active === false;
  const said = word === undefined ? 'active' : statusOf(word, words);
  if (isOff && OVERRULED.has(said)) return { status: 'suspended', statusText: 'active: false' };
  return { status: said, statusText: clean(word ?? 'active') };
}

function rolesOf(user: Resource): string[] {
  return listOf(user.roles).flatMap((role) => {
    const value = isTree(role) ? textOf(role.value) : undefined;
    if (value === undefined) return [];
    // Entra may put the whole role as JSON into the value.
    return [value.startsWith('{') ? (textOf(parsed(value)?.value) ?? value) : value];
  });
}

function parsed(text: string): Tree | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isTree(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const GROUP_ID = /^[a-z0-9-]{1,40}$/i;

/** By its name, and by its id where it comes from unless that only is a number for machines. */
function meaningsOfGroup(group: Resource, words: ScimWords): Meaning[] {
  const names = [textOf(group.displayName), textOf(group.externalId)];
  return [...new Set(names)].flatMap((name) =>
    name === undefined || UUID.test(name) ? [] : meaningsOfName(name, words),
  );
}

/** `council` is a role in the cooperative, `garden` a seat, `garden:coordinator` a seat with a role in it. */
function meaningsOfName(name: string, words: ScimWords): Meaning[] {
  const role = roleOf(name, words);
  if (role !== undefined) return [{ kind: 'role', role }];
  const inGroup = meaningsOfRole(name, words);
  if (inGroup.length > 0) return inGroup;
  if (name.length > MAX_GROUP) return [];
  // Directories show names with capitals; the configuration's ids have none.
  return [{ kind: 'seat', group: GROUP_ID.test(name) ? name.toLowerCase() : name }];
}

/** A word that nobody explained gives nothing. */
function meaningsOfRole(word: string, words: ScimWords): Meaning[] {
  const whole = roleOf(word, words);
  if (whole !== undefined) return [{ kind: 'role', role: whole }];
  const [, group, inGroup = ''] = /^([a-z0-9-]{1,40}):([^:]+)$/i.exec(word) ?? [];
  const role = roleOf(inGroup, words);
  return group === undefined || role === undefined ? [] : [{ kind: 'seat', group: group.toLowerCase(), role }];
}
