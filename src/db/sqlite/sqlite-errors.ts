import { StoreUnavailable } from '../../ports/db.ts';

/** Primary result codes (sqlite.org/rescode.html) after which a whole transaction is lost, and what to do. */
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [5, 'is locked by another program: close what has it open (a sqlite3 shell with an open transaction, a backup)'],
  [6, 'is locked within this program: this is a mistake in Causeway, please report it'],
  [7, 'cannot be written because the machine is out of memory: free some'],
  [8, 'is read-only: make the file and its folder writable for the user that runs the bridge'],
  [9, 'was interrupted'],
  [10, 'cannot be read or written: look at the disk and its file system (dmesg)'],
  [11, 'is damaged: stop the bridge and restore the file from a backup, or try sqlite3 .recover'],
  [13, 'cannot grow because its disk is full: free some space, the bridge goes on by itself'],
  [14, 'cannot be opened: is its folder still there and readable?'],
  [15, 'has a locking problem: is it on a network file system? It needs a local one'],
  [26, 'is damaged: the file is no SQLite database'],
]);

type SqliteError = Error & { readonly code: 'ERR_SQLITE_ERROR'; readonly errcode: number };

const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ERR_SQLITE_ERROR' &&
  'errcode' in error &&
  typeof error.errcode === 'number';

/** The primary code of an error: the lower byte of the extended one. */
export const primaryCode = (error: unknown): number | undefined =>
  isSqliteError(error) ? error.errcode & 0xff : undefined;

/** @returns undefined where only the statement was wrong */
export function sqliteUnavailable(error: unknown, where: string): StoreUnavailable | undefined {
  const code = primaryCode(error);
  const what = code === undefined ? undefined : UNAVAILABLE.get(code);
  if (what === undefined) return undefined;
  return new StoreUnavailable(`The database ${where} ${what} (${error instanceof Error ? error.message : ''}).`);
}
