import type { Clock } from '../../ports/clock.ts';
import type { PostgresSession } from './postgres-session.ts';

/** Names our lock among the advisory locks of a database; the second half is the schema. */
const LOCK_CLASS = 1_128_353_111;

const TAKE = `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext(current_schema())) AS taken`;

const HOLDERS = `
  SELECT a.pid, a.application_name AS name, COALESCE(host(a.client_addr), 'its own machine') AS "from",
    to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ${LOCK_CLASS}
    AND l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

const END = 'SELECT pg_terminate_backend(?)';

/** A bridge that was just ended may still have its session for a moment. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 100;

type Holder = { readonly pid: number; readonly name: string; readonly from: string; readonly since: string };

/**
 * Takes the lock that one bridge has on one schema, for as long as the session lives. A session of our own that the
 * server has not yet noticed to be dead is ended.
 * @param name of our sessions
 * @returns undefined when it is ours; else who has it, as part of a sentence
 */
export async function takePostgresLock(
  session: PostgresSession,
  name: string,
  clock: Clock,
): Promise<string | undefined> {
  const until = clock.nowMs() + PATIENCE_MS;
  for (;;) {
    const [answer] = (await session.query(TAKE)).rows as { taken: boolean }[];
    if (answer?.taken === true) return undefined;
    const [holder] = (await session.query(HOLDERS)).rows as Holder[];
    if (holder?.name === name) await session.query(END, [holder.pid]);
    else if (clock.nowMs() >= until) return describe(holder);
    await new Promise<void>((resolve) => {
      clock.after(RETRY_MS, resolve);
    });
  }
}

const describe = (holder: Holder | undefined): string =>
  holder === undefined
    ? 'somebody'
    : `a session from ${holder.from} since ${holder.since}, server process ${holder.pid}`;
