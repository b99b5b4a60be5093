import { toAttributePath } from './attribute-path.ts';
import { extensionNamed, type ResourceKind, USERS } from './attributes.ts';
import { namesOf, parseFilter } from './filter.ts';
import { bad } from './refusal.ts';
import { isTree, type Resource, type Tree } from './resource.ts';

/** What is asked of resources: the query of a GET, or the body of a POST to `.search` (RFC 7644 §3.4). */
export type Query = {
  readonly filter?: string;
  readonly startIndex?: string;
  readonly count?: string;
  readonly attributes?: string;
  readonly excludedAttributes?: string;
};

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
/** Resources on a page where nothing is said, and at most. */
const USUAL_COUNT = 100;
export const MAX_COUNT = 1_000;

/** What is needed to show a resource. */
export type View = {
  /** Path that the service is mounted on. */
  readonly base: string;
  readonly groupsOf: (userId: string) => readonly Resource[];
};

/** The resource as clients see it: with its place, and users with their groups. */
export function shown(kind: ResourceKind, resource: Resource, { base, groupsOf }: View): Resource {
  const location = `${base}/${kind.endpoint}/${encodeURIComponent(resource.id)}`;
  const meta = { ...(isTree(resource.meta) ? resource.meta : {}), location };
  if (kind !== USERS) return { ...resource, meta };
  const groups = groupsOf(resource.id).map(({ id, displayName }) => ({
    value: id,
    $ref: `${base}/Groups/${encodeURIComponent(id)}`,
    display: displayName,
    type: 'direct',
  }));
  return { ...resource, ...(groups.length > 0 && { groups }), meta };
}

/** @throws Refusal for a filter that is none */
export function listed(kind: ResourceKind, resources: Iterable<Resource>, query: Query, view: View): Tree {
  const filter = query.filter === undefined ? undefined : parseFilter(query.filter, namesOf(kind));
  const all = [...resources];
  const found = filter === undefined ? all : all.filter((resource) => filter.fits(shown(kind, resource, view)));
  // Less than 1 counts as 1, a negative count as 0 (RFC 7644 §3.4.2.4).
  const startIndex = Math.max(1, numberOf('startIndex', query.startIndex) ?? 1);
  const count = Math.min(MAX_COUNT, Math.max(0, numberOf('count', query.count) ?? USUAL_COUNT));
  const page = found.slice(startIndex - 1, startIndex - 1 + count);
  return {
    schemas: [LIST_SCHEMA],
    totalResults: found.length,
    startIndex,
    itemsPerPage: page.length,
    Resources: page.map((resource) => projected(kind, shown(kind, resource, view), query)),
  };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw bad('invalidValue', `${name} is a whole number.`);
  return Number(text);
}

/** Only the attributes asked for, or all but those not wanted (RFC 7644 §3.9). `id` and `schemas` are always there. */
export function projected(kind: ResourceKind, resource: Resource, { attributes, excludedAttributes }: Query): Tree {
  if (attributes !== undefined && attributes !== '') {
    const chosen: Tree = { schemas: resource.schemas, id: resource.id };
    for (const name of attributes.split(',')) copy(kind, resource, chosen, name.trim());
    return chosen;
  }
  if (excludedAttributes === undefined || excludedAttributes === '') return resource;
  const rest: Tree = structuredClone(resource);
  for (const name of excludedAttributes.split(',')) remove(kind, rest, name.trim());
  return rest;
}

function copy(kind: ResourceKind, from: Tree, to: Tree, name: string): void {
  const whole = extensionNamed(kind, name)?.id;
  if (whole !== undefined) {
    if (from[whole] !== undefined) to[whole] = from[whole];
    return;
  }
  const path = toAttributePath(kind, name);
  const holder = path?.extension === undefined ? from : from[path.extension];
  if (path === undefined || !isTree(holder)) return;
  const value = holder[path.attribute.name];
  if (value === undefined) return;
  const target = path.extension === undefined ? to : treeAt(to, path.extension);
  target[path.attribute.name] =
    path.part === undefined ? value : onlyPart(value, path.part.name, target[path.attribute.name]);
}

function treeAt(tree: Tree, name: string): Tree {
  const inner = tree[name];
  const found = isTree(inner) ? inner : {};
  tree[name] = found;
  return found;
}

/** One part of a complex value, besides parts that were chosen before. */
function onlyPart(value: unknown, part: string, before: unknown): unknown {
  if (Array.isArray(value))
    return value.map((element, i) => onlyPart(element, part, Array.isArray(before) ? before[i] : undefined));
  return { ...(isTree(before) ? before : {}), ...(isTree(value) && part in value && { [part]: value[part] }) };
}

function remove(kind: ResourceKind, tree: Tree, name: string): void {
  const whole = extensionNamed(kind, name)?.id;
  if (whole !== undefined) delete tree[whole];
  const path = toAttributePath(kind, name);
  const holder = path?.extension === undefined ? tree : tree[path.extension];
  if (path === undefined || !isTree(holder) || ['id', 'schemas'].includes(path.attribute.name)) return;
  const { part, attribute } = path;
  if (part === undefined) delete holder[attribute.name];
  else for (const element of [holder[attribute.name]].flat()) if (isTree(element)) delete element[part.name];
}
