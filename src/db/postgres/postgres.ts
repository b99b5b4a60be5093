import { randomBytes } from 'node:crypto';
import type { QueryResult } from 'pg';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { type SqlValue, StoreUnavailable } from '../../ports/db.ts';
import type { Engine } from '../engine.ts';
import type { Health } from '../health.ts';
import { postgresSentence, postgresUnavailable } from './postgres-errors.ts';
import { takePostgresLock } from './postgres-lock.ts';
import { PostgresSession } from './postgres-session.ts';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** More than the server's own bound on a statement: only a server that says nothing gets there. */
const SILENCE_MS = 20_000;

export type PostgresOptions = {
  readonly clock: Clock;
  readonly health: Health;
  readonly silenceMs?: number;
};

/** What every new session is asked before it is used. */
const EXAMINE = `
  SELECT current_setting('server_encoding') AS encoding, current_setting('transaction_read_only') AS readonly,
    current_setting('server_version_num')::int AS version, current_schema() AS schema`;

type Traits = {
  readonly encoding: string;
  readonly readonly: string;
  readonly version: number;
  readonly schema: string | null;
};

const MIN_VERSION = 130_000;

/** Why a server cannot be ours, in the words that follow its name. */
const UNFIT: ReadonlyArray<readonly [(traits: Traits) => boolean, string]> = [
  [({ version }) => version < MIN_VERSION, 'is older than PostgreSQL 13: upgrade it'],
  [({ encoding }) => encoding !== 'UTF8', 'is not in UTF8: create it anew (createdb -E UTF8 -T template0)'],
  [({ schema }) => schema === null, 'has no schema for our tables: set the search_path of this user'],
  [({ readonly }) => readonly !== 'off', 'takes no writes (a standby?): give the address of the primary'],
];

/**
 * PostgreSQL through one connection, which comes back by itself. While it is away every call fails at once.
 * `BEGIN` and the marks are sent without waiting for their answer: they can only fail with the connection, and the
 * commit, which waits, tells.
 */
export class PostgresEngine implements Engine {
  readonly kind = 'postgres';
  readonly where: string;
  readonly tablesQuery =
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
  readonly sizeQuery = 'SELECT pg_database_size(current_database()) AS size';
  readonly #url: string;
  readonly #clock: Clock;
  readonly #health: Health;
  readonly #silenceMs: number;
  readonly #name = `causeway/${randomBytes(8).toString('hex')}`;
  #session: PostgresSession | undefined;
  #inTransaction = false;
  #untold: unknown;
  #closed = false;
  #cancelRetry: () => void = () => undefined;

  /** @param where without password */
  constructor(url: string, where: string, { clock, health, silenceMs }: PostgresOptions) {
    this.#url = url;
    this.where = where;
    this.#clock = clock;
    this.#health = health;
    this.#silenceMs = silenceMs ?? SILENCE_MS;
  }

  /** Connects and takes the lock. To be called once; after that the engine sees to it by itself. */
  async open(): Promise<Result<void>> {
    let session: PostgresSession | undefined;
    let lost: Error | undefined;
    try {
      session = await PostgresSession.connect(this.#url, this.#name, this.#silenceMs, (error) => {
        lost = error;
        if (session !== undefined && this.#session === session) this.#away(error);
      });
      const refusal = await this.#examine(session);
      if (refusal !== undefined) {
        await session.close();
        return fail(refusal);
      }
      if (lost !== undefined) throw lost;
    } catch (error) {
      session?.destroy();
      const text = postgresSentence(error, this.where);
      return fail({ code: 'database_unreachable', text, retry: 'later', notify: 'log' });
    }
    if (this.#closed) await session.close();
    else this.#session = session;
    return ok(undefined);
  }

  /** Asks an idle connection whether it is still one: a dead network says nothing by itself. */
  ping(): void {
    if (this.#session !== undefined && !this.#inTransaction) this.#session.query('SELECT 1').catch(() => undefined);
  }

  async all<Row extends object>(query: string, values: readonly SqlValue[]): Promise<Row[]> {
    return (await this.#there().query(query, values)).rows as Row[];
  }

  async run(query: string, values: readonly SqlValue[]): Promise<number> {
    return (await this.#there().query(query, values)).rowCount ?? 0;
  }

  async exec(text: string): Promise<void> {
    await this.#there().change(text);
  }

  async begin(): Promise<void> {
    this.#untold = undefined;
    this.#inTransaction = true;
    this.#send('BEGIN');
  }

  async commit(): Promise<void> {
    const answer: QueryResult = await this.#there().simple('COMMIT');
    this.#inTransaction = false;
    if (this.#untold !== undefined) throw this.#untold;
    // A transaction in which something failed is rolled back by COMMIT, and that is no error to the server.
    if (answer.command !== 'COMMIT')
      throw new StoreUnavailable(`The database ${this.where} undid a transaction instead of committing it.`);
  }

  async rollback(): Promise<void> {
    const session = this.#session;
    if (session === undefined || !this.#inTransaction) return;
    try {
      await session.simple('ROLLBACK');
    } catch {
      session.destroy();
    }
    this.#inTransaction = false;
  }

  async mark(): Promise<void> {
    this.#send('SAVEPOINT work');
  }

  async keep(): Promise<void> {
    this.#send('RELEASE SAVEPOINT work');
  }

  async undo(): Promise<void> {
    this.#send('ROLLBACK TO SAVEPOINT work');
    this.#send('RELEASE SAVEPOINT work');
  }

  unavailable(error: unknown, committing = false): StoreUnavailable | undefined {
    return error instanceof StoreUnavailable ? undefined : postgresUnavailable(error, this.where, committing);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    await this.#session?.close();
  }

  #there(): PostgresSession {
    if (this.#session === undefined) throw Object.assign(new Error('not connected'), { code: 'ECONNRESET' });
    return this.#session;
  }

  #send(text: string): void {
    this.#there()
      .simple(text)
      .catch((error: unknown) => {
        this.#untold ??= error;
      });
  }

  async #examine(session: PostgresSession): Promise<BridgeError | undefined> {
    const [traits] = (await session.query(EXAMINE)).rows as Traits[];
    const unfit = UNFIT.find(([isUnfit]) => traits !== undefined && isUnfit(traits));
    if (unfit !== undefined) return unusable(`The database ${this.where} ${unfit[1]}.`);
    const holder = await takePostgresLock(session, this.#name, this.#clock);
    return holder === undefined ? undefined : inUse(this.where, holder);
  }

  #away(error: Error): void {
    this.#session = undefined;
    this.#inTransaction = false;
    if (this.#closed) return;
    this.#health.begins('connection', postgresSentence(error, this.where));
    this.#retry(FIRST_RETRY_MS);
  }

  #retry(waitMs: number): void {
    const jittered = waitMs * (0.5 + this.#clock.random() / 2);
    this.#cancelRetry = this.#clock.after(jittered, () => {
      void this.#reconnect(Math.min(waitMs * 2, MAX_RETRY_MS));
    });
  }

  async #reconnect(nextWaitMs: number): Promise<void> {
    const opened = await this.open();
    if (this.#closed) return;
    if (opened.ok) this.#health.ends('connection');
    else if (opened.error.code === 'database_in_use') this.#health.begins('lost for good', opened.error.text);
    else {
      this.#health.begins('connection', opened.error.text);
      this.#retry(nextWaitMs);
    }
  }
}

const unusable = (text: string): BridgeError => ({ code: 'database_unusable', text, retry: 'later', notify: 'log' });

const inUse = (where: string, holder: string): BridgeError => ({
  code: 'database_in_use',
  text:
    `Another Causeway works with the database ${where} (${holder}). Two on one database would send everything ` +
    'twice: stop the other one, or give this one a database of its own, and start it again.',
  retry: 'later',
  notify: 'log',
});
