import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import { primaryCode, sqliteUnavailable } from './sqlite-errors.ts';

const SQLITE_BUSY = 5;
const MAX_TRIES = 5;
const READERS_MS = 1_000;

type Holder = { readonly pid: number; readonly host: string; readonly since: string; readonly token: string };

export type HeldLock = { readonly path: string; release(): void };

/**
 * Holds `PATH.lock` so that no second bridge works on the same file.
 *
 * The lock file is itself a tiny SQLite database, held by an open write transaction. That makes it a lock of the
 * kernel (fcntl): it ends with the process however that dies, there is nothing stale to judge by process ids (which
 * repeat, and mean nothing between two containers that share a volume), and of two that come at once one wins.
 * Its one row says who holds it, for people. The file stays after the end; it is never deleted, since a second
 * process could be about to lock what would no longer be the file of that name.
 *
 * @param databasePath resolved, so that a link or a relative path leads to the same lock
 */
export function holdSqliteLock(databasePath: string, nowMs: number): Result<HeldLock> {
  const path = `${databasePath}.lock`;
  const me: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date(nowMs).toISOString(),
    token: randomUUID(),
  };
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    // Writing who we are takes a commit, and with it the lock is lost for a moment: the row tells who came between.
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      writeHolder(db, me);
      db.exec('BEGIN IMMEDIATE');
      if (readHolder(db)?.token === me.token) {
        const held = db;
        return ok({ path, release: () => held.close() });
      }
      db.exec('ROLLBACK');
    }
    db.close();
    return fail(inUse(databasePath, undefined));
  } catch (error) {
    const busy = primaryCode(error) === SQLITE_BUSY;
    const refusal = busy ? inUse(databasePath, db && readHolder(db)) : unusable(path, error);
    if (db?.isOpen) db.close();
    return fail(refusal);
  }
}

function writeHolder(db: DatabaseSync, holder: Holder): void {
  db.exec('BEGIN IMMEDIATE');
  db.exec('CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY, json TEXT NOT NULL)');
  db.prepare('INSERT INTO holder VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json').run(
    JSON.stringify(holder),
  );
  // Somebody who is being refused may be reading the row just now.
  db.exec(`PRAGMA busy_timeout = ${READERS_MS}; COMMIT; PRAGMA busy_timeout = 0`);
}

function readHolder(db: DatabaseSync): Holder | undefined {
  try {
    const row = db.prepare('SELECT json FROM holder').get();
    return typeof row?.json === 'string' ? (JSON.parse(row.json) as Holder) : undefined;
  } catch {
    return undefined;
  }
}

const inUse = (databasePath: string, holder: Holder | undefined): BridgeError => ({
  code: 'database_in_use',
  text:
    `Another Causeway works with the database ${databasePath}` +
    `${holder === undefined ? '' : ` (process ${holder.pid} on ${holder.host}, since ${holder.since})`}. ` +
    'Two on one database would send everything twice: stop the other one, or give this one a database of its own.',
  retry: 'later',
  notify: 'log',
});

const unusable = (path: string, error: unknown): BridgeError => ({
  code: 'database_unusable',
  text:
    sqliteUnavailable(error, path)?.message ??
    `The lock file ${path} cannot be used: ${String(error)}. Where no bridge runs it may be deleted.`,
  retry: 'never',
  notify: 'log',
});
