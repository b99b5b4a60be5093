import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '../../src/ports/db.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { openForTest, recordingLog, refusalOf, until } from './kit.ts';

const MiB = 1024 * 1024;
const CHILD = new URL('./disk-full-child.ts', import.meta.url).pathname;

/** Programs that give a command mounts of its own: as root, or as an ordinary user where the kernel lets one. */
const MOUNTERS = [
  ['unshare', '-m'],
  ['unshare', '-rm'],
] as const;

const fill =
  (value: string) => (sql: Parameters<Parameters<Awaited<ReturnType<typeof openForTest>>['transaction']>[0]>[0]) =>
    sql.run('INSERT INTO cursor (name, value) VALUES (?, ?)', crypto.randomUUID(), value);

describe('a full disk', () => {
  test('refuses the whole group, leaves nothing by half, and is over when there is room', async () => {
    const log = recordingLog();
    const db = await openForTest(`sqlite:${join(makeTempDir('full'), 'x.db')}`, { log, watchMs: 20 });
    await db.transaction((sql) => sql.run('PRAGMA max_page_count = 60'));
    const big = 'x'.repeat(200_000);
    const outcomes = await Promise.allSettled([
      db.transaction(fill('before')),
      db.transaction(fill(big)),
      db.transaction(fill('after')),
    ]);
    const full = `The database ${(await db.describe()).where} cannot grow because its disk is full: free some space, the bridge goes on by itself (database or disk is full).`;
    assert.deepEqual(
      outcomes.map(
        (result) => result.status === 'rejected' && [result.reason instanceof StoreUnavailable, result.reason.message],
      ),
      [0, 1, 2].map(() => [true, full]),
    );
    await until('the watch found room', () => db.healthy);
    assert.deepEqual(await db.transaction((sql) => sql.all('SELECT name FROM cursor')), []);
    await db.transaction(fill('small'));
    await assert.rejects(db.transaction(fill(big)), StoreUnavailable);
    await db.transaction((sql) => sql.run('PRAGMA max_page_count = 1000000'));
    await db.transaction(fill(big));
    assert.equal(db.healthy, true);
    assert.deepEqual(
      log.lines.filter((line) => !line.includes('schema') && !line.includes('is open')),
      [
        `error: ${full}`,
        'info: The database takes work again.',
        `error: ${full}`,
        'info: The database takes work again.',
      ],
    );
    await db.close();
  });

  test('on a real file system of 4 MiB: what was acknowledged is there, the rest is not, the file is whole', (t) => {
    const dir = makeTempDir('full-tmpfs');
    const mount = 'mount -t tmpfs -o size=4m none "$1" || exit 99; exec "$2" "$3" "$1"';
    for (const [program, flags] of MOUNTERS) {
      const run = spawnSync(program, [flags, 'sh', '-c', mount, 'sh', dir, process.execPath, CHILD], {
        encoding: 'utf8',
        timeout: 30_000,
      });
      if (run.error !== undefined || run.status === 99 || /unshare/.test(run.stderr)) continue;
      t.diagnostic(`ran on a tmpfs by ${program} ${flags}`);
      const facts = run.stdout
        .trim()
        .split('\n')
        .map((line): { problem?: string } => JSON.parse(line));
      assert.deepEqual(facts, [
        { refused: true, healthy: false, problem: facts[0]?.problem },
        { same: true, check: 'ok', many: true },
      ]);
      assert.match(facts[0]?.problem ?? '', /cannot grow because its disk is full: free some space/);
      return;
    }
    t.diagnostic('this user may not mount: the limit of pages in the test before this one stood in for the disk');
  });

  test('is kept away from by a floor: nothing is written below it, reading goes on, and it is said once', async () => {
    const log = recordingLog();
    const dir = makeTempDir('floor');
    let free = 100 * MiB;
    let asked = 0;
    const measure = async (): Promise<number> => {
      asked += 1;
      return free;
    };
    const measured = async (): Promise<void> => {
      const before = asked;
      await until('it was measured twice', () => asked > before + 1);
    };
    const db = await openForTest(`sqlite:${join(dir, 'x.db')}`, { log, watchMs: 5, measureFreeBytes: measure });
    await db.transaction(fill('one'));
    free = 60 * MiB;
    await until('the floor is met', () => !db.healthy);
    const outcomes = await Promise.allSettled([
      db.transaction(fill('two')),
      db.transaction((sql) => sql.all('SELECT value FROM cursor')),
    ]);
    const words = `The disk of ${dir} is nearly full: 60 MiB are free, and below 64 MiB nothing new is taken in. Free some space; the bridge goes on by itself, and nothing is lost.`;
    assert.deepEqual(
      outcomes.map((result) =>
        result.status === 'rejected' ? [result.reason.name, result.reason.message] : result.value,
      ),
      [['StoreUnavailable', words], [{ value: 'one' }]],
    );
    free = 66 * MiB;
    await measured();
    assert.equal(db.healthy, false, 'a little more than the floor is not enough to go on');
    free = 80 * MiB;
    await until('there is room again', () => db.healthy);
    await db.transaction(fill('three'));
    assert.equal((await db.describe()).freeBytes, 80 * MiB);
    await db.close();
    const afterOpening = log.lines.slice(log.lines.indexOf('info: The database is open.') + 1);
    assert.deepEqual(afterOpening, [`error: ${words}`, 'info: The database takes work again.']);
  });

  test('is no place to begin on', async () => {
    const url = `sqlite:${join(makeTempDir('floor'), 'x.db')}`;
    const refusal = await refusalOf(url, { measureFreeBytes: async () => MiB });
    assert.match(refusal.text, /is nearly full: 1 MiB are free/);
    await (await openForTest(url, { measureFreeBytes: async () => MiB, floorBytes: 0 })).close();
  });
});
