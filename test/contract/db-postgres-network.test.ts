import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { type Database, StoreUnavailable } from '../../src/ports/db.ts';
import { openForTest, until } from '../db/kit.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startProxy, type TcpProxy } from '../servers/tcp-proxy.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

type Fates = { readonly stored: string[]; readonly absent: string[] };

describe('the network between us and Postgres', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let proxy: TcpProxy;
  let direct: string;
  let db: Database;
  let count = 0;

  before(async () => {
    server = await startPostgres({ dir: makeTempDir('db-network') });
    proxy = await startProxy(server.ports.postgres);
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  afterEach(async () => {
    proxy.pass();
    await db.close();
  });

  async function openThroughProxy(): Promise<void> {
    count += 1;
    direct = await server.createDatabase(`network_${count}`);
    const url = new URL(direct);
    url.port = String(proxy.port);
    db = await openForTest(url.href, { silenceMs: 500, watchMs: 100 });
  }

  const put = (name: string): Promise<number> =>
    db.transaction((sql) => sql.run('INSERT INTO cursor (name, value) VALUES (?, ?)', name, ''));

  /** Hands in rows, five at a time, while something happens, and until all is well again. */
  async function writeDuring(prefix: string, happening: (sofar: Fates) => Promise<void>): Promise<Fates> {
    const fates: Fates = { stored: [], absent: [] };
    let over = false;
    let n = 0;
    const write = async (): Promise<void> => {
      while (!over) {
        n += 1;
        const name = `${prefix}${n}`;
        try {
          await put(name);
          fates.stored.push(name);
        } catch (error) {
          assert.ok(error instanceof StoreUnavailable, String(error));
          if (!error.maybeStored) fates.absent.push(name);
          await until('work is taken again', () => over || db.healthy);
        }
      }
    };
    const writing = Promise.all(Array.from({ length: 5 }, write));
    try {
      await happening(fates);
      await until('it works again', () =>
        put(`${prefix}again${Math.random()}`).then(
          () => true,
          () => false,
        ),
      );
    } finally {
      over = true;
      await writing;
    }
    return fates;
  }

  const troubles: Readonly<Record<string, (round: number) => void>> = {
    'is reset': () => proxy.reset(),
    'swallows everything': () => proxy.blackhole(),
    'forgets the connection without a word': () => proxy.halfOpen(),
    'breaks off in the middle of whatever is under way': (round) => proxy.cutAfter(50 + round * 997),
  };

  for (const [name, trouble] of Object.entries(troubles)) {
    test(`when it ${name}, nothing acknowledged is lost and nothing refused is there`, {
      timeout: 60_000,
    }, async () => {
      await openThroughProxy();
      const all: Fates = { stored: [], absent: [] };
      for (let round = 0; round < 4; round++) {
        const fates = await writeDuring(`r${round}.`, async (sofar) => {
          await until('rows are stored', () => sofar.stored.length > 10);
          const there = proxy.open();
          trouble(round);
          // An idle connection is asked, too, so that the loss is noticed without work.
          if (name !== 'breaks off in the middle of whatever is under way')
            await until('the loss is noticed', () => !db.healthy);
          else await until('it broke off', () => proxy.open() < there);
          proxy.pass();
        });
        all.stored.push(...fates.stored);
        all.absent.push(...fates.absent);
      }
      const rows = await db.transaction((sql) => sql.all<{ name: string }>('SELECT name FROM cursor'));
      const there = new Set(rows.map((row) => row.name));
      assert.deepEqual(
        [
          all.stored.filter((key) => !there.has(key)),
          all.absent.filter((key) => there.has(key)),
          all.stored.length > 20,
        ],
        [[], [], true],
      );
    });
  }

  test('a silent network is noticed while nobody asks anything', { timeout: 30_000 }, async () => {
    await openThroughProxy();
    proxy.blackhole();
    await until('the silence is noticed', () => !db.healthy);
    proxy.pass();
    await until('it is well again', () => db.healthy);
    await put('works');
  });

  test('a session of ours that the server believes to be alive is ended, and its lock taken over', {
    timeout: 30_000,
  }, async () => {
    await openThroughProxy();
    const ghost = new Client({ connectionString: direct });
    ghost.on('error', () => undefined);
    await ghost.connect();
    const ours = "FROM pg_stat_activity WHERE application_name LIKE 'causeway/%' AND pid <> pg_backend_pid()";
    const [session] = (await ghost.query(`SELECT application_name AS name ${ours}`)).rows;
    await ghost.query(`SET application_name = '${session.name}'`);
    const lock = "SELECT pg_try_advisory_lock(1128353111, hashtext('public')) AS taken";
    do await ghost.query(`SELECT pg_terminate_backend(pid) ${ours}`);
    while ((await ghost.query(lock)).rows[0].taken !== true);
    await until('the lock is ours again', () =>
      put(`n${Math.random()}`).then(
        () => true,
        () => false,
      ),
    );
    assert.equal(db.healthy, true);
    await assert.rejects(ghost.query('SELECT 1'));
  });
});
