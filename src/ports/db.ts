/** What a column may hold. JSON travels as text; times are milliseconds since 1970 as numbers. */
export type SqlValue = string | number | null | Uint8Array;

/** One open transaction. Placeholders are `?`; the same text runs on SQLite and PostgreSQL 15. */
export interface Sql {
  all<Row extends object>(query: string, ...values: readonly SqlValue[]): Promise<Row[]>;
  /** @returns how many rows changed */
  run(query: string, ...values: readonly SqlValue[]): Promise<number>;
}

/**
 * Thrown by {@link Db.transaction} when the database is away, full or shared with somebody else; the message is a
 * sentence for people. It passes: callers keep what they hold, refuse new work in words, and try again.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /**
   * False: nothing was stored. True: the connection was lost while the commit was under way, so all of the work is
   * there or none. Doing it again is harmless where every insert has a unique key, but what it returns then (rows
   * that were new) is not what the first try would have returned: read the state again.
   */
  readonly maybeStored: boolean;

  constructor(message: string, options: { readonly maybeStored?: boolean } = {}) {
    super(message);
    this.maybeStored = options.maybeStored ?? false;
  }
}

export interface Db {
  readonly engine: 'sqlite' | 'postgres';
  /**
   * Runs `work` and resolves once it is durably on disk. Work handed in during one tick shares a commit (one fsync);
   * order of calls is order of work. Work that throws, or one of whose statements failed, is undone alone, and the
   * error passed on. Work waits for nothing but its own statements: everybody else's waits for it.
   * @throws {StoreUnavailable} when the whole commit failed, at once while the database is known to be away, and
   *   from the first statement that writes while the disk is nearly full (reading goes on)
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** True while the last commit succeeded and there is room for more (see the free-space floor). */
  readonly healthy: boolean;
  /** A sentence while not healthy: what is wrong, and what to do. */
  readonly problem?: string | undefined;
  close(): Promise<void>;
}

/** What `status` shows of a database; cheap enough to be asked every few seconds. */
export type DbDescription = {
  readonly engine: Db['engine'];
  /** Where it is, without password. */
  readonly where: string;
  readonly schemaVersion: number;
  readonly sizeBytes: number;
  /** Room left on its disk; undefined where it cannot be known (Postgres elsewhere). */
  readonly freeBytes?: number;
  /** Rows per table, counted up to a bound; `more` says that there are more. */
  readonly tables: ReadonlyMap<string, { readonly rows: number; readonly more: boolean }>;
};

export interface Database extends Db {
  /** @throws {StoreUnavailable} */
  describe(): Promise<DbDescription>;
}
