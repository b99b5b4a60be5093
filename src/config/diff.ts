import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { type Config, configSchema } from './schema.ts';
import { elementOf, entriesOf, isTree } from './walk.ts';

/** Which keys differ between two configurations: `networks[home].puppets.max`. */
export type ConfigChanges = {
  /** A running bridge applies these. */
  readonly reload: readonly string[];
  /** These wait for the next start. */
  readonly restart: readonly string[];
};

/** What a SIGHUP has to do, and what it has to say cannot be done. Names of keys only, so that it can be logged. */
export function diffConfigs(before: Config, after: Config): ConfigChanges {
  const reload: string[] = [];
  const restart: string[] = [];
  compare(configSchema, before, after, '', false, (path, reloadable) => (reloadable ? reload : restart).push(path));
  return { reload, restart };
}

type Report = (path: string, reloadable: boolean) => void;

function compare(
  schema: z.core.$ZodType,
  before: unknown,
  after: unknown,
  path: string,
  reloadable: boolean,
  report: Report,
): void {
  if (isDeepStrictEqual(before, after)) return;
  const entries = entriesOf(schema);
  const element = elementOf(schema);
  if (entries.length > 0 && isTree(before) && isTree(after)) {
    for (const { name, schema: inner, doc } of entries) {
      compare(inner, before[name], after[name], path === '' ? name : `${path}.${name}`, doc.reload === true, report);
    }
  } else if (element !== undefined && !reloadable && Array.isArray(before) && Array.isArray(after)) {
    // Entries are told apart by their id: an order says nothing here.
    for (const id of new Set([...before, ...after].map(idOf))) {
      const [old, fresh] = [before, after].map((list) => list.find((entry) => idOf(entry) === id));
      compare(element, old, fresh, `${path}[${id}]`, reloadable, report);
    }
  } else report(path, reloadable);
}

const idOf = (entry: unknown): string => (isTree(entry) ? String(entry.id) : String(entry));
