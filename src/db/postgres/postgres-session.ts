import { Client, type QueryResult, types } from 'pg';
import { numberPlaceholders } from './placeholders.ts';

/** Types whose values pg gives as text: int8 (all our times and ids) and numeric (sums of them). */
const NUMBERS: ReadonlySet<number> = new Set([types.builtins.INT8, types.builtins.NUMERIC]);

const CONNECT_MS = 10_000;
/** The server's own bound on a statement. */
const STATEMENT_MS = 15_000;
const SCHEMA_CHANGE_MS = 3_600_000;
const MAX_NAMED_STATEMENTS = 200;

/**
 * The durability that we promise does not hang on the server's defaults; a dead client is noticed within a minute, so
 * that its advisory lock is free for the next one.
 */
const SETTINGS = (name: string): string => `
  SET synchronous_commit = on;
  SET standard_conforming_strings = on;
  SET statement_timeout = ${STATEMENT_MS};
  SET lock_timeout = ${STATEMENT_MS};
  SET idle_in_transaction_session_timeout = 60000;
  SET tcp_keepalives_idle = 20;
  SET tcp_keepalives_interval = 10;
  SET tcp_keepalives_count = 3;
  SET application_name = '${name}'`;

/** One connection to one server, for as long as it holds. Statements are sent without waiting for those before. */
export class PostgresSession {
  readonly #client: Client;
  readonly #names = new Map<string, { readonly text: string; readonly name?: string }>();
  #lost: Error | undefined;

  private constructor(client: Client) {
    this.#client = client;
  }

  /**
   * @param name shown in pg_stat_activity; letters, digits, `/` and `-`
   * @param silenceMs how long a statement may stay unanswered before the connection is given up
   * @param onLost called once, when the connection ends without {@link close}
   * @throws what pg throws; its messages hold no password
   */
  static async connect(
    url: string,
    name: string,
    silenceMs: number,
    onLost: (error: Error) => void,
  ): Promise<PostgresSession> {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: Math.min(CONNECT_MS, silenceMs),
      query_timeout: silenceMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      pipeline: true,
      types: {
        getTypeParser: (oid, format) => (NUMBERS.has(oid) ? Number : types.getTypeParser(oid, format as 'text')),
      },
    });
    const session = new PostgresSession(client);
    const lose = (error: Error): void => {
      if (session.#lost !== undefined) return;
      session.#lost = error;
      onLost(error);
    };
    client.on('error', lose);
    client.on('end', () => lose(new Error('the connection ended')));
    try {
      await client.connect();
      await client.query(SETTINGS(name));
    } catch (error) {
      session.#lost ??= error instanceof Error ? error : new Error(String(error));
      session.destroy();
      throw error;
    }
    return session;
  }

  /** @throws pg's errors; those of a lost connection have no SQLSTATE */
  async query(query: string, values: readonly unknown[] = []): Promise<QueryResult> {
    return this.#client.query({ ...this.#named(query), values: values as unknown[] });
  }

  /** A word of the protocol (`BEGIN`), or several statements at once. */
  async simple(text: string): Promise<QueryResult> {
    return this.#client.query(text);
  }

  /** Statements that may take an hour: they build indexes. */
  async change(text: string): Promise<void> {
    const query = { text: `SET LOCAL statement_timeout = 0; ${text}`, query_timeout: SCHEMA_CHANGE_MS };
    await this.#client.query(query);
  }

  /** Ends the connection at once; `onLost` follows where it was not lost before. */
  destroy(): void {
    this.#client.connection.stream.destroy();
  }

  async close(): Promise<void> {
    this.#lost ??= new Error('closed');
    const deadline = setTimeout(() => this.destroy(), 2_000);
    await this.#client.end().catch(() => undefined);
    clearTimeout(deadline);
  }

  #named(query: string): { readonly text: string; readonly name?: string } {
    const known = this.#names.get(query);
    if (known !== undefined) return known;
    const text = numberPlaceholders(query);
    if (this.#names.size >= MAX_NAMED_STATEMENTS) return { text };
    const named = { text, name: `s${this.#names.size}` };
    this.#names.set(query, named);
    return named;
  }
}
