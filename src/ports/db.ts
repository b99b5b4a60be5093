/** What a column may hold. JSON travels as text; times are milliseconds since 1970 as numbers. */
export type SqlValue = string | number | null | Uint8Array;

/** One open transaction. Placeholders are `?`; the same text runs on SQLite and PostgreSQL 15. */
export interface Sql {
  all<Row extends object>(query: string, ...values: readonly SqlValue[]): Promise<Row[]>;
  /** @returns how many rows changed */
  run(query: string, ...values: readonly SqlValue[]): Promise<number>;
}

/**
 * Thrown by {@link Db.transaction} when nothing was stored because the database is away or full.
 * It passes: callers keep what they hold, refuse new work in words, and try again.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface Db {
  readonly engine: 'sqlite' | 'postgres';
  /**
   * Runs `work` and resolves once it is durably on disk. Work handed in during one tick shares a commit (one fsync);
   * order of calls is order of work. Work that throws is undone alone, and its error passed on.
   * @throws {StoreUnavailable} when the whole commit failed
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** True while the last commit succeeded and there is room for more (see the free-space floor). */
  readonly healthy: boolean;
  close(): Promise<void>;
}
