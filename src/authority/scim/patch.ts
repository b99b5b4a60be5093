import { type AttributePath, toAttributePath } from './attribute-path.ts';
import { type Attribute, attributeNamed, extensionNamed, isNotKept, type ResourceKind } from './attributes.ts';
import { type Filter, namesWithin, parseFilter, splitValuePath } from './filter.ts';
import { bad, quote } from './refusal.ts';
import { distinct, identityOf, isTree, normaliseValue, type Tree } from './resource.ts';

const MAX_OPERATIONS = 1_000;

type Verb = 'add' | 'replace' | 'remove';
const VERBS: readonly Verb[] = ['add', 'replace', 'remove'];

type Target = AttributePath & { readonly filter?: Filter };

/**
 * A resource after the operations of a PATCH (RFC 7644 §3.5.2), all or none of them. Reads also what Entra writes
 * (capitalised verbs, `remove` of members by `value`, dotted names in objects) and Okta (`replace` without a path).
 * The resource given stays as it is.
 * @throws Refusal
 */
export function patched(kind: ResourceKind, resource: Tree, body: unknown): Tree {
  const operations = isTree(body) ? (body.Operations ?? body.operations) : undefined;
  if (!Array.isArray(operations) || operations.length === 0)
    throw bad('invalidSyntax', 'A PATCH has a list Operations with one or more entries.');
  if (operations.length > MAX_OPERATIONS) throw bad('tooMany', `A PATCH has at most ${MAX_OPERATIONS} operations.`);
  const result = structuredClone(resource);
  for (const operation of operations) apply(kind, result, operation);
  return result;
}

function apply(kind: ResourceKind, resource: Tree, operation: unknown): void {
  if (!isTree(operation)) throw bad('invalidSyntax', 'An operation is an object.');
  const verb = VERBS.find((one) => one === String(operation.op).toLowerCase());
  if (verb === undefined)
    throw bad('invalidSyntax', `An operation is add, replace or remove, not ${quote(operation.op)}.`);
  const { path, value } = operation;
  if (verb !== 'remove' && value === undefined) throw bad('invalidValue', `${verb} needs a value.`);
  if (typeof path === 'string' && path !== '') {
    applyAt(kind, resource, verb, path, value);
    return;
  }
  if (path !== undefined && path !== null && path !== '') throw bad('invalidPath', 'A path is text.');
  if (verb === 'remove') throw bad('noTarget', 'remove needs a path.');
  applyAll(kind, resource, verb, value);
}

/** Without a path the value is a piece of the resource; names in it may be paths. */
function applyAll(kind: ResourceKind, resource: Tree, verb: Verb, value: unknown): void {
  if (!isTree(value)) throw bad('invalidValue', `${verb} without a path needs an object.`);
  for (const [name, inner] of Object.entries(value)) {
    const extension = extensionNamed(kind, name);
    if (extension === undefined) {
      // A whole resource may be given, with attributes that are not kept.
      if (splitValuePath(name)?.filter !== undefined || toAttributePath(kind, name) !== undefined)
        applyAt(kind, resource, verb, name, inner);
      continue;
    }
    if (!isTree(inner)) throw bad('invalidValue', `${extension.id} is an object.`);
    for (const [key, part] of Object.entries(inner)) applyAt(kind, resource, verb, `${extension.id}:${key}`, part);
  }
}

function applyAt(kind: ResourceKind, resource: Tree, verb: Verb, path: string, value: unknown): void {
  const extension = extensionNamed(kind, path);
  if (extension !== undefined) {
    if (verb === 'remove') delete resource[extension.id];
    else applyAll(kind, resource, verb, { [extension.id]: value });
    return;
  }
  // A new address in the same request does not keep somebody from being switched off.
  if (isNotKept(kind, path)) return;
  const target = toTarget(kind, path);
  const { attribute } = target;
  // What is ours to write is silently kept: Okta repeats a group's id in its value.
  if (attribute.readOnly === true || attribute.name === 'schemas') return;
  if (verb === 'remove' && attribute.required === true) throw bad('mutability', `${attribute.name} cannot be removed.`);
  const holder = holderOf(resource, target.extension);
  // null says: no value (RFC 7643 §2.5).
  const meant = value === null && verb === 'replace' ? 'remove' : verb;
  if (attribute.many === true) changeMany(holder, target, meant, value);
  else changeOne(holder, target, meant, value);
  if (target.extension !== undefined && Object.keys(holder).length === 0) delete resource[target.extension];
}

function toTarget(kind: ResourceKind, text: string): Target {
  const split = splitValuePath(text.trim());
  const path = split === undefined ? undefined : toAttributePath(kind, split.name);
  if (split === undefined || path === undefined) throw bad('invalidPath', `No attribute is at ${quote(text)}.`);
  if (split.filter === undefined) return path;
  if (path.attribute.many !== true || path.part !== undefined)
    throw bad('invalidPath', `${path.attribute.name} is no list to choose from.`);
  const part = split.part === undefined ? undefined : attributeNamed(split.part, path.attribute.parts ?? []);
  if (split.part !== undefined && part === undefined) throw bad('invalidPath', `No attribute is at ${quote(text)}.`);
  const filter = parseFilter(split.filter, namesWithin(path.attribute));
  return { ...path, filter, ...(part !== undefined && { part }) };
}

function holderOf(resource: Tree, extension: string | undefined): Tree {
  if (extension === undefined) return resource;
  const holder = resource[extension];
  if (isTree(holder)) return holder;
  const fresh: Tree = {};
  resource[extension] = fresh;
  return fresh;
}

function changeOne(holder: Tree, { attribute, part }: Target, verb: Verb, value: unknown): void {
  const before = holder[attribute.name];
  if (part !== undefined) {
    const tree = isTree(before) ? before : {};
    put(tree, part, verb === 'remove' ? undefined : value);
    put(holder, attribute, tree);
    return;
  }
  if (verb === 'remove') delete holder[attribute.name];
  // The parts that are given take the place of those there; the others stay (RFC 7644 §3.5.2.3).
  else if (isTree(before) && isTree(value)) put(holder, attribute, { ...before, ...value });
  // Entra writes a manager as bare text.
  else put(holder, attribute, attribute.type === 'complex' && typeof value === 'string' ? { value } : value);
}

function put(holder: Tree, attribute: Attribute, value: unknown): void {
  const normal = normaliseValue(attribute, value);
  if (normal === undefined) delete holder[attribute.name];
  else holder[attribute.name] = normal;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function changeMany(holder: Tree, target: Target, verb: Verb, value: unknown): void {
  const { attribute, part, filter } = target;
  const before = listOf(holder[attribute.name]);
  const chosen =
    filter === undefined && part === undefined
      ? undefined
      : (element: unknown): boolean => filter === undefined || (isTree(element) && filter.fits(element));
  const given =
    verb === 'remove' && value === undefined
      ? []
      : listOf(normaliseValue(part === undefined ? attribute : { ...attribute, parts: [part] }, partly(part, value)));
  const after = chosen === undefined ? whole(before, verb, given, value) : some(before, target, chosen, verb, given);
  // Elements are normal already, and the whole is made so at the end: thousands of members are not gone through again.
  const marked = onePrimary(before, after);
  if (marked.length === 0) delete holder[attribute.name];
  else holder[attribute.name] = marked;
}

/** What is given for one part of the elements, as an element. */
const partly = (part: Attribute | undefined, value: unknown): unknown =>
  part === undefined ? value : value === undefined ? undefined : { [part.name]: value };

function whole(before: readonly unknown[], verb: Verb, given: readonly unknown[], value: unknown): readonly unknown[] {
  if (verb === 'replace') return given;
  if (verb === 'add') return distinct([...before, ...given]);
  if (value === undefined) return [];
  // Entra removes members by naming them in the value.
  const gone = new Set(given.map(memberKey));
  return before.filter((element) => !gone.has(memberKey(element)));
}

const memberKey = (element: unknown): string =>
  isTree(element) && typeof element.value === 'string' ? ` ${element.value}` : identityOf(element);

function some(
  before: readonly unknown[],
  { attribute, part, filter }: Target,
  chosen: (element: unknown) => boolean,
  verb: Verb,
  given: readonly unknown[],
): readonly unknown[] {
  const isAny = before.some(chosen);
  if (verb === 'remove') {
    if (part === undefined) return before.filter((element) => !chosen(element));
    return before.map((element) => (chosen(element) && isTree(element) ? without(element, part.name) : element));
  }
  const [change] = given;
  const fresh = isTree(change) ? change : {};
  if (isAny) return before.map((element) => (chosen(element) && isTree(element) ? { ...element, ...fresh } : element));
  if (verb === 'replace') throw bad('noTarget', `No element of ${attribute.name} fits the path.`);
  // Entra adds emails[type eq "work"].value to people who have none.
  return [...before, { ...filter?.demands, ...fresh }];
}

function without(tree: Tree, name: string): Tree {
  const { [name]: _gone, ...rest } = tree;
  return rest;
}

/** Only one element is the preferred one: the newest that was said to be (RFC 7644 §3.5.2). */
function onePrimary(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const primary = after.filter((element) => isTree(element) && element.primary === true);
  if (primary.length < 2) return after;
  const old = new Set(before.map((element) => JSON.stringify(element)));
  const kept = primary.findLast((element) => !old.has(JSON.stringify(element))) ?? primary[0];
  return after.map((element) =>
    isTree(element) && element.primary === true && element !== kept ? { ...element, primary: false } : element,
  );
}
