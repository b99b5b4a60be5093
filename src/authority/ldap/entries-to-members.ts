import { handleKey, type Member } from '../../core/authority/member.ts';
import { type Meaning, rolesFrom, seatsFrom } from '../meanings.ts';
import { type Answer, answer, clean, type Unknown, unknown } from '../unknown.ts';
import {
  MAX_GROUP,
  MAX_HANDLES,
  MAX_SUBJECT,
  roleOf,
  statusOf,
  toIrcHandle,
  toMatrixHandle,
  type Words,
} from '../words.ts';
import type { LdapEntry } from './decode.ts';
import { normalDn, withoutBits } from './dn.ts';

export type Vocabulary = Words & {
  readonly issuer: string;
  readonly subjectAttribute: string;
  readonly matrixAttribute: string;
  readonly ircAttribute: string;
  readonly statusAttribute: string;
};

/** Everybody whom the directory shows, at one moment. */
export type Directory = { readonly people: readonly LdapEntry[]; readonly groups: readonly LdapEntry[] };

/** What groups are asked for. */
export const GROUP_ATTRIBUTES = ['cn', 'member', 'uniqueMember'] as const;

/** What people are asked for. */
export const personAttributes = (words: Vocabulary): string[] => [
  ...new Set([
    'cn',
    'displayName',
    words.subjectAttribute,
    words.matrixAttribute,
    words.ircAttribute,
    words.statusAttribute,
  ]),
];

/**
 * Entries to members, all or nothing: whatever could make somebody look absent who is not there by mistake makes the
 * whole unknown, and says which entry is to blame.
 */
export function entriesToMembers({ people, groups }: Directory, words: Vocabulary): Answer<Member[]> {
  if (people.length === 0) {
    return showsNobody();
  }
  const given = meaningsByName(groups, words);
  if (given.kind === 'unknown') return given;
  const members: Member[] = [];
  const bySubject = new Map<string, string>();
  const byHandle = new Map<string, string>();
  for (const entry of people) {
    const member = toMember(entry, given.value.get(nameOf(entry)) ?? [], words);
    if (member.kind === 'unknown') return member;
    const keys = [[bySubject, member.value.subject.sub, words.subjectAttribute] as const].concat(
      member.value.handles.map((handle) => [byHandle, handleKey(handle), handle.value] as const),
    );
    for (const [owners, key, what] of keys) {
      const other = owners.get(key);
      if (other !== undefined && other !== entry.dn) {
        return unknown(
          'ambiguous',
          `${clean(entry.dn)} and ${clean(other)} have the same ${clean(what)}. It can belong to one person only; correct one of them.`,
        );
      }
      owners.set(key, entry.dn);
    }
    members.push(member.value);
  }
  return answer(members);
}

/** A directory of nobody is a mistake in the configuration or in the rights to read, never a cooperative without people. */
export const showsNobody = (): Unknown =>
  unknown(
    'ambiguous',
    'The directory shows nobody at all. Either authority.ldap.base and peopleFilter find no people, or the account that Causeway binds as may not read them.',
  );

export const showsNoMemberships = (): Unknown =>
  unknown(
    'ambiguous',
    'The directory shows groups and no members in any of them: the account that Causeway binds as may not read `member`.',
  );

/** Every group's meaning, by the names of its members. */
function meaningsByName(
  groups: readonly LdapEntry[],
  words: Vocabulary,
): Answer<ReadonlyMap<string, readonly Meaning[]>> {
  const given = new Map<string, Meaning[]>();
  let memberships = 0;
  for (const group of groups) {
    const cut = [...group.attributes.keys()].find((key) => key.includes(';range='));
    if (cut !== undefined) {
      return unknown(
        'ambiguous',
        `${clean(group.dn)} has more members than the directory tells at once (${clean(cut)}). Raise that limit (MaxValRange).`,
      );
    }
    const meanings = (group.attributes.get('cn') ?? []).flatMap((cn) => meaningOf(cn, words));
    for (const name of membersOf(group)) {
      memberships++;
      given.set(name, [...(given.get(name) ?? []), ...meanings]);
    }
  }
  if (groups.length > 0 && memberships === 0) {
    return showsNoMemberships();
  }
  return answer(given);
}

/** Normal names of an entry and of those it names; kept as long as the entry, since a pushed change leaves most as they were. */
const names = new WeakMap<LdapEntry, ReadonlySet<string>>();

const remembered = (entry: LdapEntry, make: () => Iterable<string>): ReadonlySet<string> => {
  const known = names.get(entry) ?? new Set(make());
  names.set(entry, known);
  return known;
};

const nameOf = (person: LdapEntry): string =>
  remembered(person, () => [normalDn(person.dn)])
    .values()
    .next().value ?? '';

const membersOf = (group: LdapEntry): ReadonlySet<string> =>
  remembered(group, () => {
    const { attributes } = group;
    const members = [...(attributes.get('member') ?? []), ...(attributes.get('uniquemember') ?? []).map(withoutBits)];
    return members.map(normalDn);
  });

/** `council` is a role in the cooperative, `garden` a seat, `garden:coordinator` a seat with a role in it. */
function meaningOf(cn: string, words: Vocabulary): Meaning[] {
  const role = roleOf(cn, words);
  if (role !== undefined) return [{ kind: 'role', role }];
  const [, group = cn, inGroup] = /^(.+):([^:]+)$/s.exec(cn) ?? [];
  if (group === '' || group.length > MAX_GROUP) return [];
  if (inGroup === undefined) return [{ kind: 'seat', group }];
  const roleInGroup = roleOf(inGroup, words);
  return roleInGroup === undefined ? [{ kind: 'seat', group: cn }] : [{ kind: 'seat', group, role: roleInGroup }];
}

type Made = { readonly words: Vocabulary; readonly from: string; readonly member: Answer<Member> };
const made = new WeakMap<LdapEntry, Made>();

/** The same member as before where nothing changed: of ten thousand people, a pushed change concerns one. */
function toMember(entry: LdapEntry, meanings: readonly Meaning[], words: Vocabulary): Answer<Member> {
  const from = meanings.map((meaning) => Object.values(meaning).join(' ')).join('\n');
  const before = made.get(entry);
  if (before?.words === words && before.from === from) return before.member;
  const member = makeMember(entry, meanings, words);
  made.set(entry, { words, from, member });
  return member;
}

function makeMember(entry: LdapEntry, meanings: readonly Meaning[], words: Vocabulary): Answer<Member> {
  const values = (attribute: string): readonly string[] => entry.attributes.get(attribute.toLowerCase()) ?? [];
  const [sub, ...more] = values(words.subjectAttribute);
  if (sub === undefined || sub === '' || sub.length > MAX_SUBJECT || more.length > 0) {
    return unknown(
      'malformed',
      `${clean(entry.dn)} has ${sub === undefined ? 'no' : 'more than one, or an odd,'} ${words.subjectAttribute}, so nobody knows who that is. Give the entry one, exclude it by authority.ldap.peopleFilter, or let Causeway’s account read the attribute.`,
    );
  }
  const name = values('displayName')[0] ?? values('cn')[0];
  return answer({
    subject: { iss: words.issuer, sub },
    ...(name !== undefined && { name: clean(name) }),
    ...standing(values(words.statusAttribute), words),
    seats: seatsFrom(meanings),
    roles: rolesFrom(meanings),
    handles: [...values(words.matrixAttribute).map(toMatrixHandle), ...values(words.ircAttribute).map(toIrcHandle)]
      .filter((handle) => handle !== undefined)
      .slice(0, MAX_HANDLES),
  });
}

/** Several words are one standing where they mean the same. */
function standing(values: readonly string[], words: Vocabulary): Pick<Member, 'status' | 'statusText'> {
  const [first = 'active', ...more] = values;
  const status = values.length === 0 ? 'active' : statusOf(first, words);
  const isOne = more.every((value) => statusOf(value, words) === status);
  return { status: isOne ? status : 'unmapped', statusText: clean([first, ...more].join(', ')) };
}
