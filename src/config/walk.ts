import { z } from 'zod';
import { docOf, type KeyDoc } from './doc.ts';
import type { Path } from './problem.ts';

/** A schema without what wraps it: optional, default, read-only. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}

export type Entry = { readonly name: string; readonly schema: z.core.$ZodType; readonly doc: KeyDoc };

/** The keys of a map's schema in their order; none for anything else. */
export function entriesOf(schema: z.core.$ZodType): readonly Entry[] {
  const map = bare(schema);
  if (!(map instanceof z.ZodObject)) return [];
  return Object.entries(map.shape as Record<string, z.core.$ZodType>).map(([name, inner]) => ({
    name,
    schema: inner,
    doc: docOf(inner) ?? { text: '' },
  }));
}

/** The schema of a list's elements; undefined for anything else. */
export function elementOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const list = bare(schema);
  return list instanceof z.ZodArray ? (list.element as z.core.$ZodType) : undefined;
}

/** The schema of the values of a map whose keys are anybody's; undefined for anything else. */
function valueSchemaOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const record = bare(schema);
  return record instanceof z.ZodRecord ? record.valueType : undefined;
}

/** Schema and documentation at a path of the tree; undefined where the schema knows no such place. */
export function schemaAt(
  root: z.core.$ZodType,
  path: Path,
): { schema: z.core.$ZodType; doc: KeyDoc | undefined } | undefined {
  let schema = root;
  let doc: KeyDoc | undefined;
  for (const step of path) {
    const next =
      typeof step === 'number'
        ? elementOf(schema)
        : (entriesOf(schema).find(({ name }) => name === step)?.schema ?? valueSchemaOf(schema));
    if (next === undefined) return undefined;
    schema = next;
    doc = docOf(next);
  }
  return { schema, doc };
}

export type Tree = Record<string, unknown>;
export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Calls `visit` for each map of `value` that the schema knows, with the keys it may have; outer maps first. */
export function eachMap(
  schema: z.core.$ZodType,
  value: unknown,
  visit: (map: Tree, entries: readonly Entry[], path: Path) => void,
  path: Path = [],
): void {
  const element = elementOf(schema);
  if (element !== undefined && Array.isArray(value)) {
    for (const [i, item] of value.entries()) eachMap(element, item, visit, [...path, i]);
    return;
  }
  const entries = entriesOf(schema);
  if (entries.length === 0 || !isTree(value)) return;
  visit(value, entries, path);
  for (const entry of entries) eachMap(entry.schema, value[entry.name], visit, [...path, entry.name]);
}
