import type { Sql, SqlValue } from '../../ports/db.ts';
import { storableKey } from '../storable.ts';

/** Few sizes, so that few statements are prepared. */
const LIST_SIZES = [1, 4, 16, 64, 256, 1000] as const;
const ROW_SIZES = [64, 16, 4, 1] as const;
/** Most members of a list that is asked for at once. */
export const MAX_LIST = 1000;

/**
 * `?, ?, …` for a list in `IN (…)`, and its values: filled up to one of few sizes by repeating the last.
 * @throws {RangeError} for more than {@link MAX_LIST} or none
 */
export function inList<T extends SqlValue>(values: readonly T[]): { readonly places: string; readonly values: T[] } {
  const size = LIST_SIZES.find((candidate) => candidate >= values.length);
  const last = values.at(-1);
  if (size === undefined || last === undefined) throw new RangeError(`a list of ${values.length} cannot be asked for`);
  return {
    places: Array.from({ length: size }, () => '?').join(', '),
    values: [...values, ...Array.from({ length: size - values.length }, () => last)],
  };
}

/** Rows in batches of few sizes, in order. */
export function* batches<T>(rows: readonly T[]): Generator<readonly T[]> {
  let from = 0;
  for (const size of ROW_SIZES) {
    for (; rows.length - from >= size; from += size) yield rows.slice(from, from + size);
  }
}

/** `(?, ?), (?, ?)` */
export const rowPlaces = (rows: number, columns: number): string => {
  const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`;
  return Array.from({ length: rows }, () => row).join(', ');
};

/**
 * Of these keys, those for which the query finds a row.
 * @param query gives for a list of places a statement that selects `key`; its other values come first
 */
export async function knownKeys<Key extends string>(
  sql: Sql,
  keys: readonly Key[],
  query: (places: string) => string,
  ...values: readonly SqlValue[]
): Promise<ReadonlySet<Key>> {
  if (keys.length === 0) return new Set();
  const list = inList(keys.map(storableKey));
  const rows = await sql.all<{ key: string }>(query(list.places), ...values, ...list.values);
  const found = new Set(rows.map((row) => row.key));
  return new Set(keys.filter((key) => found.has(storableKey(key))));
}
