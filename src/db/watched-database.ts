import type { Clock } from '../ports/clock.ts';
import type { Database, DbDescription, Sql } from '../ports/db.ts';
import { checkFreeSpace, type FreeSpace } from './free-space.ts';
import { GroupCommit } from './group-commit.ts';
import type { Health } from './health.ts';
import type { Opened } from './opened.ts';

const WATCH_MS = 2_000;

/** Any write tells whether writing works again; this one means nothing. */
const PROBE = 'UPDATE schema_version SET probed_at_ms = ? WHERE version = 1';

const COUNTED_TABLES = [
  'inbox',
  'outbox',
  'link',
  'portal',
  'ghost',
  'ghost_room',
  'puppet',
  'member',
  'cursor',
  'authority_member',
  'identity_link',
  'scim_resource',
  'held_plan',
];
const MAX_COUNT = 20_000;

export type WatchedDatabaseParts = {
  readonly opened: Opened;
  readonly health: Health;
  readonly clock: Clock;
  readonly space: FreeSpace;
  readonly schemaVersion: number;
  readonly watchMs?: number;
  readonly maxWorkMs?: number;
};

/** The database as the app has it: transactions, and somebody who looks every few seconds whether all is well. */
export class WatchedDatabase implements Database {
  readonly #parts: WatchedDatabaseParts;
  readonly #commits: GroupCommit;
  #stopWatch: () => void;
  #watching: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(parts: WatchedDatabaseParts) {
    this.#parts = parts;
    this.#commits = new GroupCommit(parts.opened.engine, parts);
    this.#stopWatch = this.#watchLater();
  }

  get engine(): Database['engine'] {
    return this.#parts.opened.engine.kind;
  }

  get healthy(): boolean {
    return this.problem === undefined;
  }

  get problem(): string | undefined {
    return this.#parts.health.problem();
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#commits.transaction(work);
  }

  async describe(): Promise<DbDescription> {
    const { opened, schemaVersion, space } = this.#parts;
    const { engine, folder } = opened;
    const [tables, sizeBytes] = await this.transaction(async (sql) => {
      const counts = new Map<string, { rows: number; more: boolean }>();
      for (const table of COUNTED_TABLES) {
        const [row] = await sql.all<{ n: number }>(
          `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${table} LIMIT ${MAX_COUNT + 1}) AS counted`,
        );
        const rows = Math.min(row?.n ?? 0, MAX_COUNT);
        counts.set(table, { rows, more: (row?.n ?? 0) > MAX_COUNT });
      }
      const [total] = await sql.all<{ size: number }>(engine.sizeQuery);
      return [counts, total?.size ?? 0] as const;
    });
    const free = folder === undefined ? undefined : await space.measure(folder).catch(() => undefined);
    return {
      engine: engine.kind,
      where: engine.where,
      schemaVersion,
      sizeBytes,
      ...(free === undefined ? {} : { freeBytes: free }),
      tables,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopWatch();
    await this.#commits.close();
    await this.#watching;
    await this.#parts.opened.close();
  }

  #watchLater(): () => void {
    const { clock, watchMs = WATCH_MS } = this.#parts;
    return clock.after(watchMs, () => {
      this.#watching = this.#watch().then(() => {
        if (this.#closing === undefined) this.#stopWatch = this.#watchLater();
      });
    });
  }

  async #watch(): Promise<void> {
    const { opened, health, space, clock } = this.#parts;
    opened.check();
    if (space.floorBytes > 0) await checkFreeSpace(space, health);
    // Callers may wait for us to be well before they try again: so we try.
    if (health.problem('commit') === undefined || health.problem('lost for good', 'connection', 'space') !== undefined)
      return;
    await this.transaction((sql) => sql.run(PROBE, clock.nowMs())).catch(() => undefined);
  }
}
