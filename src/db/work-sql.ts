import { type Sql, type SqlValue, StoreUnavailable } from '../ports/db.ts';
import type { Engine } from './engine.ts';
import { bindable } from './storable.ts';

/** Whether a statement may write; `WITH` and `INSERT … RETURNING` count as writing. */
const mayWrite = (query: string): boolean => !/^\s*SELECT\b/i.test(query);

/**
 * What one piece of work sees of the transaction that it shares with others. It remembers the first failure, since
 * after one a piece of work can only be undone as a whole (PostgreSQL answers nothing more; SQLite is held to the same).
 */
export class WorkSql implements Sql {
  readonly #engine: Engine;
  readonly #writesRefused: () => string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #ended: string | undefined;
  /** First error of a statement of this work. */
  failure: unknown;
  wrote = false;

  /** @param writesRefused a sentence while nothing may be written */
  constructor(engine: Engine, writesRefused: () => string | undefined) {
    this.#engine = engine;
    this.#writesRefused = writesRefused;
  }

  all<Row extends object>(query: string, ...values: readonly SqlValue[]): Promise<Row[]> {
    return this.#ask(query, () => this.#engine.all<Row>(query, bindable(values)));
  }

  run(query: string, ...values: readonly SqlValue[]): Promise<number> {
    return this.#ask(query, () => this.#engine.run(query, bindable(values)));
  }

  /** Lets no statement follow, and resolves when those under way are answered. */
  async end(why: string): Promise<void> {
    this.#ended = why;
    await this.#last;
  }

  #ask<T>(query: string, statement: () => Promise<T>): Promise<T> {
    const answer = this.#answer(query, statement);
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #answer<T>(query: string, statement: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) throw new Error(this.#ended);
    if (this.failure !== undefined) throw this.failure;
    try {
      if (mayWrite(query)) {
        const refusal = this.#writesRefused();
        if (refusal !== undefined) throw new StoreUnavailable(refusal);
        this.wrote = true;
      }
      return await statement();
    } catch (error) {
      this.failure ??= error ?? new Error('a statement failed without saying why');
      throw error;
    }
  }
}
