import {
  type Attribute,
  attributeNamed,
  attributesOf,
  CAUSEWAY,
  extensionNamed,
  type ResourceKind,
} from './attributes.ts';
import { bad, quote } from './refusal.ts';

/** A resource or a part of one: JSON with canonical names, as {@link normalise} leaves it. */
export type Tree = { [name: string]: unknown };

export type Resource = Tree & { readonly id: string };

const MAX_TEXT = 4_096;
const MAX_ELEMENTS = 100;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What a client wrote, with canonical names and types and without what we do not know or write ourselves. Names
 * compare without case; Entra writes booleans as text.
 * @throws Refusal for values of a wrong type
 */
export function normalise(kind: ResourceKind, value: unknown): Tree {
  if (!isTree(value)) throw bad('invalidSyntax', 'A resource is a JSON object.');
  const result = normaliseTree(attributesOf(kind), value);
  const extended = kind.extensions.filter((schema) => {
    const { id, attributes } = schema;
    const key = Object.keys(value).find((name) => extensionNamed(kind, name) === schema);
    const inner = key === undefined ? undefined : value[key];
    if (inner === undefined || inner === null) return false;
    if (!isTree(inner)) throw bad('invalidValue', `${id} is an object.`);
    const tree = normaliseTree(attributes, inner);
    if (Object.keys(tree).length > 0) result[id] = tree;
    return result[id] !== undefined;
  });
  result.schemas = [kind.schema.id, ...extended.map(({ id }) => id)];
  return result;
}

/**
 * A handle under a misspelt name would be lost without a word.
 * @throws Refusal
 */
export function refuseUnknownHandles(kind: ResourceKind, value: unknown): void {
  const entries = isTree(value) ? Object.entries(value) : [];
  const [, inner] = entries.find(([name]) => extensionNamed(kind, name) === CAUSEWAY) ?? [];
  if (!isTree(inner)) return;
  for (const name of Object.keys(inner))
    if (attributeNamed(name, CAUSEWAY.attributes) === undefined)
      throw bad(
        'invalidValue',
        `${CAUSEWAY.id} has no ${quote(name)}; it has ${CAUSEWAY.attributes.map((one) => one.name).join(', ')}.`,
      );
}

function normaliseTree(attributes: readonly Attribute[], tree: Tree): Tree {
  const result: Tree = {};
  for (const [name, value] of Object.entries(tree)) {
    const attribute = attributeNamed(name, attributes);
    if (attribute === undefined || attribute.readOnly === true) continue;
    const normal = normaliseValue(attribute, value);
    if (normal !== undefined) result[attribute.name] = normal;
  }
  return result;
}

/** @returns undefined for what says nothing: null, an empty list (RFC 7643 §2.5) */
export function normaliseValue(attribute: Attribute, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (attribute.many !== true) return single(attribute, value);
  const elements = Array.isArray(value) ? value : [value];
  const max = attribute.max ?? MAX_ELEMENTS;
  if (elements.length > max) throw bad('tooMany', `${attribute.name} has ${elements.length} values, more than ${max}.`);
  const normal = elements.map((element) => single(attribute, element)).filter((element) => element !== undefined);
  return normal.length === 0 ? undefined : distinct(normal);
}

function single(attribute: Attribute, value: unknown): unknown {
  return READERS[attribute.type](attribute, value);
}

const WRITTEN_OUT: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

const READERS: Readonly<Record<Attribute['type'], (attribute: Attribute, value: unknown) => unknown>> = {
  string: readText,
  reference: readText,
  boolean: (attribute, value) => {
    const meant = typeof value === 'string' ? WRITTEN_OUT.get(value.toLowerCase()) : value;
    if (typeof meant !== 'boolean')
      throw bad('invalidValue', `${attribute.name} is true or false, not ${quote(value)}.`);
    return meant;
  },
  complex: (attribute, value) => {
    // Members and roles are also written as bare values.
    const tree = typeof value === 'string' && attribute.many === true ? { value } : value;
    if (!isTree(tree)) throw bad('invalidValue', `${attribute.name} is an object, not ${quote(value)}.`);
    const normal = normaliseTree(attribute.parts ?? [], tree);
    return Object.keys(normal).length === 0 ? undefined : normal;
  },
};

function readText(attribute: Attribute, value: unknown): string | undefined {
  // A multi-valued text is also written as a list of {value}.
  const text = isTree(value) && attribute.many === true ? value.value : value;
  if (typeof text !== 'string') throw bad('invalidValue', `${attribute.name} is text, not ${quote(value)}.`);
  if (text.length > MAX_TEXT) throw bad('invalidValue', `${attribute.name} is longer than ${MAX_TEXT} characters.`);
  if (!text.isWellFormed() || text.includes('\0')) throw bad('invalidValue', `${attribute.name} is not sound text.`);
  return text === '' ? undefined : text;
}

/** What tells two elements of a list apart. */
export function identityOf(element: unknown): string {
  if (!isTree(element) || typeof element.value !== 'string') return JSON.stringify(element);
  // Members are written with their type and without it.
  const type = typeof element.type === 'string' && element.type !== 'User' ? element.type : '';
  return `${type} ${element.value}`;
}

/** Each element once. */
export const distinct = (elements: readonly unknown[]): unknown[] => [
  ...new Map(elements.map((element) => [identityOf(element), element])).values(),
];
