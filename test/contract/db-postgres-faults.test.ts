import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { Client } from 'pg';
import { asNetworkId, makeLaneId, makePortalId } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import { type Database, StoreUnavailable } from '../../src/ports/db.ts';
import { openForTest, recordingLog, refusalOf, until } from '../db/kit.ts';
import { type Postgres, startPostgres } from '../servers/postgres.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const lane = makeLaneId(makePortalId(asNetworkId('home'), '#garden'), 'to-matrix');

let server: Promise<Postgres> | undefined;
const postgres = (): Promise<Postgres> => {
  server ??= startPostgres({ dir: makeTempDir('db-faults') });
  return server;
};
let count = 0;
let lastId = 0;
const emptyDatabase = async (): Promise<string> => {
  count += 1;
  return (await postgres()).createDatabase(`faults_${count}`);
};
const opened: Database[] = [];
const open: typeof openForTest = async (url, options) => {
  const db = await openForTest(url, options);
  opened.push(db);
  return db;
};
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});
after(async () => (await server)?.stop());

/** What became of each key that was handed in. */
type Fates = { readonly stored: string[]; readonly absent: string[]; readonly unsure: string[] };

/** The longest that a fault of these tests lasts. */
const FAULT_MS = 60_000;

/** Hands in rows, ten at a time, while something happens. */
async function writeDuring(db: Database, prefix: string, happening: (sofar: Fates) => Promise<void>): Promise<Fates> {
  let over = false;
  const fates: Fates = { stored: [], absent: [], unsure: [] };
  const write = async (): Promise<void> => {
    while (!over) {
      lastId += 1;
      const row = { id: lastId, key: `${prefix}${lastId}`, lane, payload: '{}' };
      try {
        await db.transaction((sql) =>
          stores.inbox.insert(sql, { ...row, source: 'matrix', receivedAtMs: 1, state: 'waiting', seen: 1 }),
        );
        fates.stored.push(row.key);
      } catch (error) {
        assert.ok(error instanceof StoreUnavailable, String(error));
        (error.maybeStored ? fates.unsure : fates.absent).push(row.key);
        await until('work is taken again', () => over || db.healthy, FAULT_MS);
      }
    }
  };
  const writing = Promise.all(Array.from({ length: 10 }, write));
  try {
    await happening(fates);
  } finally {
    over = true;
    await writing;
  }
  return fates;
}

const storedKeys = async (db: Database): Promise<Set<string>> =>
  new Set((await db.transaction((sql) => sql.all<{ key: string }>('SELECT key FROM inbox'))).map(({ key }) => key));

/** A connection beside ours, for what a person at psql would do. */
async function beside<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const endSessions = (url: string): Promise<unknown> =>
  beside(url, (client) =>
    client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'causeway/%'"),
  );

describe('Postgres fails', () => {
  const faults: Readonly<Record<string, (pg: Postgres, url: string) => Promise<void>>> = {
    'is restarted in an orderly way': (pg) => pg.restart(),
    'is killed and started': (pg) => pg.restart('SIGKILL'),
    'ends our session': async (_, url) => {
      await endSessions(url);
    },
  };

  for (const [name, fault] of Object.entries(faults)) {
    test(`under load Postgres ${name}: nothing acknowledged is lost, nothing refused is there`, {
      timeout: 60_000,
    }, async () => {
      const url = await emptyDatabase();
      const log = recordingLog();
      const db = await open(url, { log, watchMs: 100 });
      const fates: Fates = { stored: [], absent: [], unsure: [] };
      for (const [round, name] of ['a', 'b', 'c'].entries()) {
        const { stored, absent, unsure } = await writeDuring(db, name, async (sofar) => {
          const enough = 20 + Math.random() * 200;
          await until('rows are stored', () => sofar.stored.length > enough);
          await fault(await postgres(), url);
          const recoveries = () => log.lines.filter((line) => line === 'info: The database takes work again.').length;
          await until('the database is well again', () => recoveries() > round && db.healthy);
        });
        fates.stored.push(...stored);
        fates.absent.push(...absent);
        fates.unsure.push(...unsure);
      }
      const there = await storedKeys(db);
      assert.ok(fates.stored.length > 100, `${fates.stored.length} were stored`);
      assert.deepEqual(
        fates.stored.filter((key) => !there.has(key)),
        [],
      );
      assert.deepEqual(
        fates.absent.filter((key) => there.has(key)),
        [],
      );
      assert.ok(
        log.lines.some((line) => line.startsWith('error: The database postgres://')),
        log.lines.join('\n'),
      );
    });
  }

  test('a stopped server (SIGSTOP) holds work back, and loses nothing of it', { timeout: 60_000 }, async () => {
    const url = await emptyDatabase();
    const db = await open(url);
    const { stored, absent, unsure } = await writeDuring(db, 's', async () => {
      await until('rows are stored', async () => (await storedKeys(db)).size > 20);
      await beside(url, async (client) => {
        const { rows } = await client.query(
          "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'causeway/%'",
        );
        for (const { pid } of rows) process.kill(pid, 'SIGSTOP');
        const held = Date.now() + 1_000;
        await until('work was held back for a second', () => Date.now() > held);
        for (const { pid } of rows) process.kill(pid, 'SIGCONT');
      });
    });
    assert.deepEqual([absent, unsure], [[], []]);
    const there = await storedKeys(db);
    assert.deepEqual(
      stored.filter((key) => !there.has(key)),
      [],
    );
  });

  test('while it is away work is refused at once, and where another bridge came first we stay out, in words', {
    timeout: 60_000,
  }, async () => {
    const url = await emptyDatabase();
    const log = recordingLog();
    const db = await open(url, { log });
    const server = await postgres();
    await server.stop();
    await until('the loss is noticed', () => !db.healthy);
    const started = Date.now();
    await assert.rejects(
      db.transaction((sql) => sql.all('SELECT 1')),
      (error: unknown) => error instanceof StoreUnavailable && !error.maybeStored,
    );
    assert.ok(Date.now() - started < 50);
    await server.start();
    // Whoever takes the lock before we are back.
    const lock = "SELECT pg_try_advisory_lock(1128353111, hashtext('public')) AS taken";
    const thief = new Client({ connectionString: url });
    thief.on('error', () => undefined);
    await thief.connect();
    let taken = (await thief.query(lock)).rows[0].taken === true;
    while (!taken) {
      await thief.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'causeway/%'",
      );
      taken = (await thief.query(lock)).rows[0].taken === true;
    }
    await until('we know that we are out', () => db.problem?.startsWith('Another Causeway') === true, 30_000);
    await thief.end();
    await assert.rejects(
      db.transaction((sql) => sql.all('SELECT 1')),
      /Another Causeway works with the database/,
    );
  });

  test('a full disk of the server refuses the whole group, and is over when the next write succeeds', async () => {
    const log = recordingLog();
    const db = await open(await emptyDatabase(), { log, watchMs: 50 });
    const full = `DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`;
    const put = (name: string) => db.transaction((sql) => stores.cursor.set(sql, name, '1'));
    const outcomes = await Promise.allSettled([put('before'), db.transaction((sql) => sql.run(full)), put('after')]);
    assert.deepEqual(
      outcomes.map((result) => result.status === 'rejected' && [result.reason.name, result.reason.maybeStored]),
      [0, 1, 2].map(() => ['StoreUnavailable', false]),
    );
    assert.match(db.problem ?? '', /has a full disk: free some space there/);
    await until('the watch found room again', () => db.healthy);
    assert.deepEqual(await db.transaction((sql) => stores.cursor.list(sql, '')), new Map());
    assert.deepEqual(log.lines.slice(-2), [
      `error: ${outcomes[0]?.status === 'rejected' ? outcomes[0].reason.message : ''}`,
      'info: The database takes work again.',
    ]);
  });

  test('the reasons why it cannot be had are told, each with what to do, and never the password', async () => {
    const { port } = new URL((await postgres()).url);
    const at = (rest: string): string => `postgres://causeway:se%40cret@${rest}`;
    const cases = [
      [at('127.0.0.1:1/x'), 'database_unreachable', /nothing listens there\. Start PostgreSQL/],
      [at(`127.0.0.1:${port}/nothing_there`), 'database_unreachable', /does not exist: create it/],
      [`postgres://causeway:se%40cret@[::/x`, 'database_url', /is no URL/],
      ['mysql://causeway:se%40cret@localhost/x', 'database_url', /write sqlite:PATH or postgres:/],
    ] as const;
    for (const [url, code, words] of cases) {
      const log = recordingLog();
      const refusal = await refusalOf(url, { log });
      assert.equal(refusal.code, code);
      assert.match(refusal.text, words);
      assert.doesNotMatch(refusal.text + log.lines.join(), /se(%40|@)cret/);
    }
  });

  test('a database in another encoding is refused', async () => {
    const { url } = await postgres();
    await beside(url, (client) =>
      client.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"),
    );
    assert.match((await refusalOf(url.replace(/[^/]*$/, 'latin'))).text, /is not in UTF8: create it anew/);
  });

  test('a user who may make no tables is told so', async () => {
    const url = await emptyDatabase();
    await beside(url, (client) => client.query('CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC'));
    assert.match((await refusalOf(url.replace('causeway@', 'guest@'))).text, /make the user the owner of the database/);
  });
});
