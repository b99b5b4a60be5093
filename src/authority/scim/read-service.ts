import type { Clock } from '../../ports/clock.ts';
import { askJson, fromStatus } from '../ask-json.ts';
import { type Answer, answer, clean, unknown } from '../unknown.ts';
import { CAUSEWAY, GROUPS, type ResourceKind, USERS } from './attributes.ts';
import { Refusal } from './refusal.ts';
import { isTree, normalise, type Resource, type Tree } from './resource.ts';

/** Everybody whom a service names, at one moment. */
export type Service = {
  readonly users: readonly Resource[];
  readonly groups: readonly Resource[];
  /** Ids of the groups that each user says to be in; for services that keep quiet about the members of groups. */
  readonly groupsSaid: ReadonlyMap<string, readonly string[]>;
};

export type ServiceTarget = {
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

const WHOM = 'The SCIM service';
const TYPES = ['application/scim+json', 'application/json'];
/** Resources asked for at once. */
export const PAGE = 200;
const MAX_PAGES = 2_000;
const MAX_RESOURCES = 100_000;
const MAX_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 15_000;
/** For all pages together. */
const MAX_READ_MS = 300_000;

/** What is of any use to us; a service may have the oddest values elsewhere. */
const NEEDED = new Set(
  [
    'externalId',
    'userName',
    'displayName',
    'name',
    'active',
    'roles',
    'members',
    CAUSEWAY.id,
    CAUSEWAY.alias ?? '',
  ].map((name) => name.toLowerCase()),
);

/** All users and groups, every page, or why not. */
export async function readService(target: ServiceTarget): Promise<Answer<Service>> {
  const groupsSaid = new Map<string, readonly string[]>();
  const users = await readAll(target, USERS, (raw, id) => groupsSaid.set(id, idsOf(raw.groups)));
  if (users.kind === 'unknown') return users;
  const groups = await readAll(target, GROUPS, () => {});
  if (groups.kind === 'unknown') return groups;
  return answer({ users: users.value, groups: groups.value, groupsSaid });
}

const idsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).flatMap((one) =>
    isTree(one) && typeof one.value === 'string' ? [one.value] : [],
  );

async function readAll(
  target: ServiceTarget,
  kind: ResourceKind,
  onRaw: (raw: Tree, id: string) => void,
): Promise<Answer<Resource[]>> {
  const { clock } = target;
  const found = new Map<string, Resource>();
  const endMs = clock.nowMs() + MAX_READ_MS;
  let total: number | undefined;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const startIndex = found.size + 1;
    const asked = await askPage(target, kind, startIndex);
    if (asked.kind === 'unknown') return asked;
    const { totalResults, resources } = asked.value;
    if (totalResults > MAX_RESOURCES)
      return unknown('malformed', `${WHOM} has ${totalResults} ${kind.endpoint}; at most ${MAX_RESOURCES} are read.`);
    total ??= totalResults;
    if (totalResults !== total)
      return unknown(
        'stale',
        `${WHOM} changed its ${kind.endpoint} while they were read (${total}, then ${totalResults}).`,
      );
    for (const raw of resources) {
      const read = toResource(kind, raw);
      if (read.kind === 'unknown') return read;
      if (found.has(read.value.id))
        return unknown('ambiguous', `${WHOM} names the ${kind.name} ${clean(read.value.id)} twice.`);
      found.set(read.value.id, read.value);
      onRaw(raw, read.value.id);
    }
    if (found.size > total)
      return unknown('malformed', `${WHOM} names more ${kind.endpoint} than the ${total} that it says there are.`);
    if (found.size === total) return answer([...found.values()]);
    if (resources.length === 0)
      return unknown('malformed', `${WHOM} names ${found.size} of ${total} ${kind.endpoint} and then no more.`);
    if (clock.nowMs() > endMs)
      return unknown('timeout', `${WHOM} takes more than ${MAX_READ_MS / 1000} s to name its ${kind.endpoint}.`);
  }
  return unknown('malformed', `${WHOM} has its ${kind.endpoint} on more than ${MAX_PAGES} pages.`);
}

type Page = { readonly totalResults: number; readonly resources: readonly Tree[] };

async function askPage(
  { url, token, clock, signal }: ServiceTarget,
  kind: ResourceKind,
  startIndex: number,
): Promise<Answer<Page>> {
  const page = `${url}/${kind.endpoint}?startIndex=${startIndex}&count=${PAGE}`;
  const got = await askJson(
    { whom: WHOM, url: page, token, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, types: TYPES, signal },
    clock,
  );
  if (got.kind === 'unknown') return got;
  if (got.status !== 200) return fromStatus(WHOM, got.status);
  return toPage(kind, got.json, startIndex);
}

function toPage(kind: ResourceKind, json: unknown, startIndex: number): Answer<Page> {
  const odd = (what: string): Answer<never> =>
    unknown('malformed', `${WHOM} answered for ${kind.endpoint} with ${what}.`);
  if (!isTree(json)) return odd('something that is no list');
  const { totalResults, Resources: resources = [], startIndex: said = startIndex } = json;
  if (typeof totalResults !== 'number' || !Number.isSafeInteger(totalResults) || totalResults < 0)
    return odd('a list that does not say how many there are');
  if (said !== startIndex) return odd(`a page that begins at ${clean(String(said))} where ${startIndex} was asked for`);
  if (!Array.isArray(resources) || !resources.every(isTree)) return odd('a page that is no list of resources');
  return answer({ totalResults, resources });
}

function toResource(kind: ResourceKind, raw: Tree): Answer<Resource> {
  const { id } = raw;
  if (typeof id !== 'string' || id === '' || id.length > 255)
    return unknown('malformed', `${WHOM} has a ${kind.name} without an id.`);
  try {
    const needed = Object.fromEntries(Object.entries(raw).filter(([name]) => NEEDED.has(name.toLowerCase())));
    return answer({ ...normalise(kind, needed), id, ...(Array.isArray(raw.members) && { saysMembers: true }) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return unknown('malformed', `${WHOM} has an odd ${kind.name}, ${clean(id)}: ${clean(error.message)}`);
  }
}

/** The groups of each user, by what groups say of their members; where no group says anything, by what users say. */
export function membershipsOf({ users, groups, groupsSaid }: Service, membersOf: (group: Resource) => string[]) {
  const byUser = new Map<string, Resource[]>();
  const enter = (user: string, group: Resource): void => {
    byUser.set(user, [...(byUser.get(user) ?? []), group]);
  };
  const isQuiet = !groups.some(({ saysMembers }) => saysMembers === true);
  const byId = new Map(groups.map((group) => [group.id, group]));
  if (isQuiet)
    for (const { id } of users)
      for (const group of groupsSaid.get(id) ?? []) {
        const found = byId.get(group);
        if (found !== undefined) enter(id, found);
      }
  else for (const group of groups) for (const user of new Set(membersOf(group))) enter(user, group);
  return (user: Resource): readonly Resource[] => byUser.get(user.id) ?? [];
}
