import type { Clock } from '../ports/clock.ts';
import { type Sql, StoreUnavailable } from '../ports/db.ts';
import type { Engine } from './engine.ts';
import type { Health } from './health.ts';
import { WorkSql } from './work-sql.ts';

/** One commit takes at most so many pieces of work: more make the others wait without making it cheaper. */
const MAX_GROUP = 500;
/** More waiting than this and we say no: callers hold what they have in their own bounded places. */
const MAX_WAITING = 20_000;
/** Work that waits for anything but its statements holds everybody up; waiting for another transaction, for ever. */
const MAX_WORK_MS = 30_000;

type Job = {
  readonly work: (sql: Sql) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

type Outcome = { readonly job: Job } & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown }
);

export type GroupCommitOptions = {
  readonly clock: Clock;
  readonly health: Health;
  readonly maxWorkMs?: number;
};

/**
 * Lets work that is handed in at the same time share one commit, on either engine: a commit costs a flush of the
 * disk, whatever is in it. While one commit runs the next group gathers.
 */
export class GroupCommit {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #health: Health;
  readonly #maxWorkMs: number;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(engine: Engine, options: GroupCommitOptions) {
    this.#engine = engine;
    this.#clock = options.clock;
    this.#health = options.health;
    this.#maxWorkMs = options.maxWorkMs ?? MAX_WORK_MS;
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(new StoreUnavailable(refusal));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Finishes what was handed in, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  #refusal(): string | undefined {
    if (this.#closed) return 'The database is closed: the bridge is stopping.';
    if (this.#waiting.length >= MAX_WAITING) return 'The database does not keep up: too much waits for it already.';
    return this.#health.problem('lost for good', 'connection');
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // The rest of this tick may bring more; and sockets are served between two commits, however many there are.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#waiting.splice(0, MAX_GROUP));
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Job[]): Promise<void> {
    let committing = false;
    try {
      const refusal = this.#health.problem('lost for good', 'connection');
      if (refusal !== undefined) throw new StoreUnavailable(refusal);
      await this.#engine.begin();
      const { outcomes, wrote } = await this.#runAll(group);
      committing = true;
      // The only piece of work has no mark to go back to.
      if (group.length === 1 && outcomes[0]?.ok === false) await this.#engine.rollback();
      else await this.#engine.commit();
      if (wrote) this.#health.ends('commit');
      for (const outcome of outcomes) {
        if (outcome.ok) outcome.job.resolve(outcome.value);
        else outcome.job.reject(outcome.error);
      }
    } catch (error) {
      await this.#engine.rollback();
      const unavailable = this.#unavailable(error, committing);
      if (this.#health.problem('lost for good', 'connection') === undefined)
        this.#health.begins('commit', unavailable.message);
      for (const job of group) job.reject(unavailable);
    }
  }

  #unavailable(error: unknown, committing: boolean): StoreUnavailable {
    if (error instanceof StoreUnavailable) return error;
    return (
      this.#engine.unavailable(error, committing) ??
      new StoreUnavailable(`The database refused to ${committing ? 'commit' : 'begin'}: ${String(error)}`)
    );
  }

  /** @throws where a failure concerns the whole group */
  async #runAll(group: readonly Job[]): Promise<{ outcomes: readonly Outcome[]; wrote: boolean }> {
    const outcomes: Outcome[] = [];
    const alone = group.length === 1;
    let wrote = false;
    for (const job of group) {
      const sql = new WorkSql(this.#engine, () => this.#health.problem('space'));
      if (!alone) await this.#engine.mark();
      const outcome = await this.#runOne(job, sql);
      const lost = sql.failure === undefined ? undefined : this.#engine.unavailable(sql.failure);
      if (lost !== undefined) throw lost;
      if (!alone) await (outcome.ok ? this.#engine.keep() : this.#engine.undo());
      wrote ||= sql.wrote && outcome.ok;
      outcomes.push(outcome);
    }
    return { outcomes, wrote };
  }

  async #runOne(job: Job, sql: WorkSql): Promise<Outcome> {
    let cancel = (): void => undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const expired = (): void =>
        reject(new Error(`a transaction's work was not done after ${this.#maxWorkMs} ms and was undone`));
      cancel = this.#clock.after(this.#maxWorkMs, expired);
    });
    try {
      const value = await Promise.race([job.work(sql), tooLong]);
      await sql.end('used after its transaction had ended');
      return sql.failure === undefined ? { job, ok: true, value } : { job, ok: false, error: sql.failure };
    } catch (error) {
      await sql.end('used after its transaction was undone');
      return { job, ok: false, error };
    } finally {
      cancel();
    }
  }
}
