import { createHash } from 'node:crypto';
import type { SqlValue } from '../ports/db.ts';

/** PostgreSQL refuses index entries above 2,704 bytes; two keys of this size and their column heads stay far below. */
const MAX_KEY_BYTES = 512;
const KEPT_BYTES = 400;

/**
 * A text as both engines can hold it: PostgreSQL takes neither NUL nor half a surrogate pair, SQLite does, and both
 * come in names that people choose. Each becomes U+FFFD, when stored and when asked for.
 */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

/** A key as an index can hold it: a long one (a server may send a msgid of 4 KB) is its head and its SHA-256. */
export function storableKey(key: string): string {
  const text = storableText(key);
  if (Buffer.byteLength(text) <= MAX_KEY_BYTES) return text;
  const head = Buffer.from(text)
    .subarray(0, KEPT_BYTES)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return `${head}…${createHash('sha256').update(text).digest('base64url')}`;
}

/**
 * Values as both engines take them.
 * @throws {TypeError} for a number that is no exact integer: there is none in the schema, and the engines differ on it
 */
export function bindable(values: readonly SqlValue[]): SqlValue[] {
  return values.map((value) => {
    if (typeof value === 'string') return storableText(value);
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw new TypeError(`${value} is no integer to store`);
    return value;
  });
}
