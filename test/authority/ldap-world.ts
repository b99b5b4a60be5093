import { makeLdapAuthority } from '../../src/authority/ldap/ldap-authority.ts';
import type { LdapConfig } from '../../src/authority/ldap/ldap-config.ts';
import type { Authority } from '../../src/ports/authority.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { silentLog } from '../fakes/silent-log.ts';
import type { Attributes, Slapd } from '../servers/slapd.ts';
import { BASE, READER } from '../servers/slapd.ts';
import type { Person } from './contract.ts';

export const ISSUER = 'https://id.willow.example';

export const personDn = (sub: string): string => `uid=${sub},ou=people,${BASE}`;
export const groupDn = (cn: string): string => `cn=${cn},ou=groups,${BASE}`;

export const ldapConfig = (change: Partial<LdapConfig> = {}): LdapConfig => ({
  url: 'ldap://127.0.0.1',
  bindDn: READER.dn,
  password: READER.password,
  base: BASE,
  peopleFilter: '(objectClass=inetOrgPerson)',
  groupsFilter: '(objectClass=groupOfNames)',
  subjectAttribute: 'uid',
  matrixAttribute: 'matrixId',
  ircAttribute: 'ircAccount',
  statusAttribute: 'employeeType',
  intervalSeconds: 30,
  ...change,
});

export type MadeWith = {
  readonly config?: Partial<LdapConfig>;
  readonly statuses?: Readonly<Record<string, string>>;
  readonly roles?: Readonly<Record<string, string>>;
};

export const makeAuthority = (clock: Clock, { config, statuses = {}, roles = {} }: MadeWith = {}): Authority =>
  makeLdapAuthority({
    config: ldapConfig(config),
    issuer: ISSUER,
    statuses,
    roles,
    clock,
    log: silentLog,
  });

const personEntry = (person: Person): Attributes => ({
  objectClass: ['inetOrgPerson', 'cooperator'],
  cn: person.name,
  sn: person.sub,
  employeeType: person.status,
  matrixId: person.matrix,
  ircAccount: person.irc,
});

/** Makes the tree name exactly these people, one change after the other, as an admin would. */
export async function writeTree(slapd: Slapd, people: readonly Person[], known: Set<string>): Promise<void> {
  const members = new Map<string, string[]>();
  for (const person of people) {
    const seats = person.groups.flatMap(({ group, roles }) =>
      roles.map((role) => (role === 'member' ? group : `${group}:${role}`)),
    );
    for (const cn of [...seats, ...person.roles]) members.set(cn, [...(members.get(cn) ?? []), personDn(person.sub)]);
  }
  for (const person of people) {
    const dn = personDn(person.sub);
    const entry = personEntry(person);
    if (!known.has(dn)) await slapd.add(dn, entry);
    else for (const [name, values] of Object.entries(entry).slice(1)) await slapd.set(dn, name, [values].flat());
    known.add(dn);
  }
  for (const cn of new Set([...members.keys(), ...[...known].filter((dn) => dn.startsWith('cn=')).map(cnOf)])) {
    // A group of names is never empty.
    const names = [...(members.get(cn) ?? []), `cn=nobody,${BASE}`];
    if (known.has(groupDn(cn))) await slapd.set(groupDn(cn), 'member', names);
    else await slapd.add(groupDn(cn), { objectClass: 'groupOfNames', cn, member: names });
    known.add(groupDn(cn));
  }
  const wanted = new Set(people.map(({ sub }) => personDn(sub)));
  for (const dn of [...known].filter((one) => one.startsWith('uid=') && !wanted.has(one))) {
    await slapd.remove(dn);
    known.delete(dn);
  }
}

const cnOf = (dn: string): string => /^cn=([^,]+)/.exec(dn)?.[1] ?? '';
