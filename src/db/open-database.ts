import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { type Database, StoreUnavailable } from '../ports/db.ts';
import type { Failpoint } from '../ports/failpoint.ts';
import type { Log } from '../ports/log.ts';
import type { Engine } from './engine.ts';
import { checkFreeSpace, DEFAULT_FLOOR_BYTES, freeBytes } from './free-space.ts';
import { Health } from './health.ts';
import { type Migration, migrate } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import type { Opened } from './opened.ts';
import { openPostgres } from './postgres/open-postgres.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import { WatchedDatabase } from './watched-database.ts';

export type OpenDatabaseOptions = {
  readonly log: Log;
  readonly clock: Clock;
  readonly failpoint?: Failpoint;
  /** Least room on the disk of an embedded database; 0 switches the watch off. 64 MiB unless told. */
  readonly floorBytes?: number;
  /** How often room and health are looked at. 2 s unless told. */
  readonly watchMs?: number;
  /** How long one piece of work may take. 30 s unless told. */
  readonly maxWorkMs?: number;
  /** How long a Postgres server may leave a statement unanswered before its connection is given up. 20 s unless told. */
  readonly silenceMs?: number;
  /** For tests: how much room there is. */
  readonly measureFreeBytes?: (folder: string) => Promise<number>;
  /** For tests: other steps than the released ones. */
  readonly migrations?: readonly Migration[];
};

/**
 * Opens, locks and migrates the database of a configuration.
 * @param url `sqlite:PATH` (relative to the working directory) or `postgres://user:password@host:port/name`
 * @returns the database; or why it cannot be had, as a sentence with its remedy: in use by another bridge, newer or
 *   foreign schema, out of reach, not writable, disk full
 */
export async function openDatabase(url: string, options: OpenDatabaseOptions): Promise<Result<Database>> {
  const health = new Health(options.log);
  const opened = await open(url, options, health);
  if (!opened.ok) return opened;
  const { engine, folder, close } = opened.value;
  const space = {
    folder: folder ?? '',
    floorBytes: folder === undefined ? 0 : (options.floorBytes ?? DEFAULT_FLOOR_BYTES),
    measure: options.measureFreeBytes ?? freeBytes,
  };
  if (space.floorBytes > 0) await checkFreeSpace(space, health);
  const low = health.problem('space');
  const migrated = low === undefined ? await tryMigrate(engine, options, close) : fail(unusable(low));
  if (!migrated.ok) {
    await close();
    return migrated;
  }
  options.log.info('The database is open.', { where: engine.where, schema: migrated.value });
  return ok(new WatchedDatabase({ ...options, opened: opened.value, health, space, schemaVersion: migrated.value }));
}

async function open(url: string, { clock, silenceMs }: OpenDatabaseOptions, health: Health): Promise<Result<Opened>> {
  const [scheme, rest] = [url.slice(0, url.indexOf(':')), url.slice(url.indexOf(':') + 1)];
  if (scheme === 'sqlite' && rest !== '') return openSqlite(rest, clock, health);
  if (scheme === 'postgres' || scheme === 'postgresql')
    return openPostgres(url, { clock, health, ...(silenceMs === undefined ? {} : { silenceMs }) });
  return fail({
    code: 'database_url',
    text: 'The `database` is none that Causeway knows: write sqlite:PATH or postgres://user:password@host:port/database.',
    retry: 'never',
    notify: 'log',
  });
}

async function tryMigrate(
  engine: Engine,
  options: OpenDatabaseOptions,
  close: () => Promise<void>,
): Promise<Result<number>> {
  const { clock, log, failpoint = () => undefined } = options;
  try {
    return await migrate(engine, { migrations: options.migrations ?? migrations, clock, log, failpoint });
  } catch (error) {
    const unavailable = error instanceof StoreUnavailable ? error : engine.unavailable(error);
    if (unavailable === undefined) {
      await close();
      throw error;
    }
    return fail(unusable(unavailable.message));
  }
}

const unusable = (text: string): BridgeError => ({ code: 'database_unusable', text, retry: 'later', notify: 'log' });
