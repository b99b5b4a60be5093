import type { SqlValue, StoreUnavailable } from '../ports/db.ts';

/**
 * One connection to one database, with nothing but what both engines have. Calls are made one after another by
 * {@link file://./group-commit.ts}; only statements of one piece of work may overlap, and are answered in order.
 */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres';
  /** For people: path or `postgres://user@host:port/name`; never a password. */
  readonly where: string;
  /** Selects the `name` of each table in the place where ours are. */
  readonly tablesQuery: string;
  /** Selects the `size` of the whole database in bytes. */
  readonly sizeQuery: string;
  all<Row extends object>(query: string, values: readonly SqlValue[]): Promise<Row[]>;
  /** @returns how many rows changed */
  run(query: string, values: readonly SqlValue[]): Promise<number>;
  /** Runs a text of several statements without values, as in a migration. */
  exec(text: string): Promise<void>;
  begin(): Promise<void>;
  /** @throws whatever {@link unavailable} makes a StoreUnavailable of; nothing else */
  commit(): Promise<void>;
  /** Undoes the open transaction, if there still is one. Never throws. */
  rollback(): Promise<void>;
  /** Opens a mark within the transaction; there is at most one. */
  mark(): Promise<void>;
  /** Forgets the mark and keeps what came after it. */
  keep(): Promise<void>;
  /** Goes back to the mark and forgets it. */
  undo(): Promise<void>;
  /**
   * What an error of this engine means: StoreUnavailable where the database is away, full, locked or damaged, so that
   * the whole transaction is gone; undefined where only the statement is wrong.
   * @param committing the error came from {@link commit}
   */
  unavailable(error: unknown, committing?: boolean): StoreUnavailable | undefined;
  /** Closes for good; no call may follow. */
  close(): Promise<void>;
}
