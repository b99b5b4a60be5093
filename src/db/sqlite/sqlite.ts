import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqlValue, StoreUnavailable } from '../../ports/db.ts';
import type { Engine } from '../engine.ts';
import { sqliteUnavailable } from './sqlite-errors.ts';

/** How long a foreign lock is waited for; the whole process stands still meanwhile. */
const BUSY_MS = 200;
const MAX_CACHED_STATEMENTS = 200;

/**
 * `FULL` flushes the log at each commit (sqlite.org/pragma.html#pragma_synchronous): acknowledged rows outlive a power
 * cut. The log is cut back to 16 MiB after a burst; the page cache is 16 MiB.
 */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -16384;
  PRAGMA journal_size_limit = 16777216;
`;

/** SQLite within this process. Statements block it, for microseconds; only the commit waits for the disk. */
export class SqliteEngine implements Engine {
  readonly kind = 'sqlite';
  readonly where: string;
  readonly tablesQuery = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
  readonly sizeQuery = 'SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size';
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * @param path resolved, or `:memory:`
   * @throws an error that {@link sqliteUnavailable} knows
   */
  constructor(path: string) {
    this.where = path;
    this.#db = new DatabaseSync(path, {
      timeout: BUSY_MS,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
      allowExtension: false,
    });
    try {
      this.#db.exec(SETTINGS);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  async all<Row extends object>(query: string, values: readonly SqlValue[]): Promise<Row[]> {
    const rows = this.#prepare(query).all(...(values as SQLInputValue[]));
    // Rows come without a prototype; PostgreSQL's have one, and whole values are compared.
    return rows.map((row) => ({ ...row }) as Row);
  }

  async run(query: string, values: readonly SqlValue[]): Promise<number> {
    return Number(this.#prepare(query).run(...(values as SQLInputValue[])).changes);
  }

  async exec(text: string): Promise<void> {
    this.#db.exec(text);
  }

  /** IMMEDIATE: a reader's transaction that begins to write could not wait for a foreign lock. */
  async begin(): Promise<void> {
    this.#prepare('BEGIN IMMEDIATE').run();
  }

  async commit(): Promise<void> {
    this.#prepare('COMMIT').run();
  }

  async rollback(): Promise<void> {
    // A full disk or a failed read makes SQLite roll back by itself (sqlite.org/lang_transaction.html).
    if (!this.#db.isOpen || !this.#db.isTransaction) return;
    try {
      this.#prepare('ROLLBACK').run();
    } catch {
      // Still open: the next begin fails, and this is tried again.
    }
  }

  async mark(): Promise<void> {
    this.#prepare('SAVEPOINT work').run();
  }

  async keep(): Promise<void> {
    this.#prepare('RELEASE work').run();
  }

  async undo(): Promise<void> {
    this.#prepare('ROLLBACK TO work').run();
    this.#prepare('RELEASE work').run();
  }

  unavailable(error: unknown): StoreUnavailable | undefined {
    return sqliteUnavailable(error, this.where);
  }

  async close(): Promise<void> {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(query: string): StatementSync {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const oldest = this.#statements.size < MAX_CACHED_STATEMENTS ? undefined : this.#statements.keys().next().value;
    if (oldest !== undefined) this.#statements.delete(oldest);
    const statement = this.#db.prepare(query);
    this.#statements.set(query, statement);
    return statement;
  }
}
