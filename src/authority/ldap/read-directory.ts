import {
  AndFilter,
  EqualityFilter,
  type Filter,
  FilterParser,
  OrFilter,
  PagedResultsControl,
  PresenceFilter,
  SearchRequest,
} from 'ldapts';
import { type Answer, answer, clean, type Unknown, unknown } from '../unknown.ts';
import type { LdapConnection } from './connection.ts';
import type { LdapEntry } from './decode.ts';
import {
  type Directory,
  GROUP_ATTRIBUTES,
  personAttributes,
  showsNobody,
  showsNoMemberships,
  type Vocabulary,
} from './entries-to-members.ts';
import { fromResultCode } from './failures.ts';
import type { LdapConfig } from './ldap-config.ts';

export type Places = { readonly base: string; readonly people: Filter; readonly groups: Filter };

const PAGE_ENTRIES = 500;
const MAX_ENTRIES = 200_000;
const MAX_PAGES = 10_000;
const TIME_LIMIT_SECONDS = 60;

/** The filters of the configuration. @returns why not, naming the key */
export function parsePlaces(config: LdapConfig): Answer<Places> {
  const people = parseFilter('peopleFilter', config.peopleFilter);
  const groups = parseFilter('groupsFilter', config.groupsFilter);
  if (people.kind === 'unknown') return people;
  if (groups.kind === 'unknown') return groups;
  return answer({ base: config.base, people: people.value, groups: groups.value });
}

function parseFilter(key: string, text: string): Answer<Filter> {
  try {
    return answer(FilterParser.parseString(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return unknown('malformed', `authority.ldap.${key} is no filter of LDAP: ${clean(why)}.`);
  }
}

/** Everybody and every group, page by page; one page that fails makes the whole unknown. */
export async function readDirectory(
  connection: LdapConnection,
  places: Places,
  words: Vocabulary,
): Promise<Answer<Directory>> {
  // Groups first: somebody who is admitted in between is a person without a seat and not a seat without a person.
  const groups = await searchAll(connection, places.base, places.groups, GROUP_ATTRIBUTES);
  if (groups.kind === 'unknown') return groups;
  const people = await searchAll(connection, places.base, places.people, personAttributes(words));
  if (people.kind === 'unknown') return people;
  return answer({ people: people.value, groups: groups.value });
}

/**
 * One person and the groups that name them; none where the directory shows others, but not this one.
 * The question is built of values and not of text, so that no subject can change its meaning.
 */
export async function readPerson(
  connection: LdapConnection,
  places: Places,
  words: Vocabulary,
  sub: string,
): Promise<Answer<Directory | undefined>> {
  const value = words.subjectAttribute.toLowerCase() === 'objectguid' ? Buffer.from(sub, 'hex') : sub;
  const itsMe = new EqualityFilter({ attribute: words.subjectAttribute, value });
  const onlyMe = new AndFilter({ filters: [places.people, itsMe] });
  const people = await searchAll(connection, places.base, onlyMe, personAttributes(words));
  if (people.kind === 'unknown') return people;
  const [person] = people.value;
  if (person === undefined) return (await showsAnybody(connection, places)) ?? answer(undefined);
  const memberOf = ['member', 'uniqueMember'].map((attribute) => new EqualityFilter({ attribute, value: person.dn }));
  const mine = new AndFilter({ filters: [places.groups, new OrFilter({ filters: memberOf })] });
  const groups = await searchAll(connection, places.base, mine, ['cn']);
  if (groups.kind === 'unknown') return groups;
  const blind = groups.value.length > 0 ? undefined : await hidesMemberships(connection, places);
  // Who else is in them is not asked: a group may have thousands.
  const named = groups.value.map(({ dn, attributes }) => ({
    dn,
    attributes: new Map([...attributes, ['member', [person.dn]]]),
  }));
  return blind ?? answer({ people: people.value, groups: named });
}

/** Whether the server speaks RFC 4533. Also the cheapest sign of life: its own root entry. */
export async function supportsSync(connection: LdapConnection, silenceMs?: number): Promise<Answer<boolean>> {
  const root = await search(
    connection,
    { base: '', scope: 'base', filter: ANYTHING, attributes: ['supportedControl'] },
    silenceMs,
  );
  if (root.kind === 'unknown') return root;
  const controls = root.value.entries[0]?.attributes.get('supportedcontrol') ?? [];
  return answer(controls.includes(SYNC_REQUEST));
}

export const SYNC_REQUEST = '1.3.6.1.4.1.4203.1.9.1.1';
const ANYTHING = new PresenceFilter({ attribute: 'objectClass' });

/**
 * An account that lost its right to read is told "success" and nothing else. That must not look like somebody's absence.
 * @returns undefined where the directory shows somebody
 */
async function showsAnybody(connection: LdapConnection, places: Places): Promise<Unknown | undefined> {
  const people = await anyOf(connection, places, places.people);
  if (people.kind === 'unknown') return people;
  return people.value ? undefined : showsNobody();
}

/** @returns undefined where the directory shows a membership, or has no groups */
async function hidesMemberships(connection: LdapConnection, places: Places): Promise<Unknown | undefined> {
  const member = ['member', 'uniqueMember'].map((attribute) => new PresenceFilter({ attribute }));
  const some = new AndFilter({ filters: [places.groups, new OrFilter({ filters: member })] });
  const shown = await anyOf(connection, places, some);
  if (shown.kind === 'unknown') return shown;
  if (shown.value) return undefined;
  const groups = await anyOf(connection, places, places.groups);
  if (groups.kind === 'unknown') return groups;
  return groups.value ? showsNoMemberships() : undefined;
}

async function anyOf(connection: LdapConnection, { base }: Places, filter: Filter): Promise<Answer<boolean>> {
  const page = new PagedResultsControl({ value: { size: 1 } });
  const one = await search(connection, { base, scope: 'sub', filter, attributes: ['1.1'], page });
  return one.kind === 'unknown' ? one : answer(one.value.entries.length > 0 || one.value.cookie !== undefined);
}

type Search = {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  readonly page?: PagedResultsControl;
};

type Page = { readonly entries: readonly LdapEntry[]; readonly cookie: Buffer | undefined };

async function searchAll(
  connection: LdapConnection,
  base: string,
  filter: Filter,
  attributes: readonly string[],
): Promise<Answer<LdapEntry[]>> {
  const all: LdapEntry[] = [];
  let cookie: Buffer | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = new PagedResultsControl({ value: { size: PAGE_ENTRIES, ...(cookie !== undefined && { cookie }) } });
    const found = await search(connection, { base, scope: 'sub', filter, attributes, page });
    if (found.kind === 'unknown') return found;
    for (const entry of found.value.entries) all.push(entry);
    cookie = found.value.cookie;
    // An empty page is not the end (RFC 2696 §3); an empty cookie is.
    if (cookie === undefined) return answer(all);
  }
  return unknown('malformed', `The directory goes on for more than ${MAX_PAGES} pages.`);
}

async function search(connection: LdapConnection, wanted: Search, silenceMs?: number): Promise<Answer<Page>> {
  const { base, scope, filter, attributes, page } = wanted;
  const entries: LdapEntry[] = [];
  let references = 0;
  const result = await connection.request(
    (messageId) =>
      new SearchRequest({
        messageId,
        baseDN: base,
        scope,
        filter,
        attributes: [...attributes],
        timeLimit: TIME_LIMIT_SECONDS,
        controls: page === undefined ? [] : [page],
      }),
    (received) => {
      if (received.op === 'entry' && entries.length <= MAX_ENTRIES) entries.push(received.entry);
      if (received.op === 'reference') references++;
    },
    silenceMs,
  );
  if (result.kind === 'unknown') return result;
  const { code, detail, cookie } = result.value;
  if (code !== 0) return fromResultCode(code, detail);
  if (references > 0) return elsewhere();
  if (entries.length > MAX_ENTRIES)
    return unknown('malformed', `The directory shows more than ${MAX_ENTRIES} entries.`);
  return answer({ entries, cookie });
}

/** Part of the answer is on another server, and part of an answer is none. */
export const elsewhere = (): Unknown =>
  unknown(
    'ambiguous',
    'Part of the directory is on another server (a referral), so its answer is not whole. Set authority.ldap.base to a part that this server holds.',
  );
