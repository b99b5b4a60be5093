import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { migrations } from '../../src/db/migrations/all.ts';
import { type Database, type Sql, StoreUnavailable } from '../../src/ports/db.ts';
import { openForTest, recordingLog, refusalOf, until } from '../db/kit.ts';
import { testEngines } from './engines.ts';

const put = (sql: Sql, name: string, value = ''): Promise<number> =>
  sql.run('INSERT INTO cursor (name, value) VALUES (?, ?)', name, value);

const names = async (sql: Sql): Promise<string[]> =>
  (await sql.all<{ name: string }>('SELECT name FROM cursor')).map((row) => row.name).sort();

/** How a promise ended, as a value. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : error }),
  );

for (const engine of testEngines()) {
  describe(`transactions on ${engine.name}`, () => {
    let url: string;
    let db: Database;

    before(async () => {
      url = await engine.emptyDatabase();
      db = await openForTest(url);
    });
    beforeEach(() => db.transaction((sql) => sql.run('DELETE FROM cursor')));
    after(() => db.close());

    test('what is handed in together keeps its order, and each sees what came before', async () => {
      const seen = await Promise.all(
        Array.from({ length: 1200 }, (_, index) =>
          db.transaction(async (sql) => {
            await put(sql, `n${index}`);
            const [row] = await sql.all<{ n: number }>('SELECT COUNT(*) AS n FROM cursor');
            return row?.n;
          }),
        ),
      );
      assert.deepEqual(
        seen,
        Array.from({ length: 1200 }, (_, index) => index + 1),
      );
    });

    test('work that throws is undone alone, whatever it throws, first, last or in the middle', async () => {
      const outcomes = await Promise.all([
        outcome(db.transaction((sql) => put(sql, 'a').then(() => Promise.reject(new Error('first'))))),
        outcome(db.transaction((sql) => put(sql, 'b'))),
        outcome(
          db.transaction((): Promise<never> => {
            throw new Error('at once');
          }),
        ),
        outcome(db.transaction((sql) => put(sql, 'c').then(() => Promise.reject(undefined)))),
        outcome(db.transaction((sql) => put(sql, 'd'))),
        outcome(db.transaction((sql) => put(sql, 'e').then(() => Promise.reject(new Error('last'))))),
      ]);
      assert.deepEqual(outcomes, [
        { error: 'first' },
        { value: 1 },
        { error: 'at once' },
        { error: undefined },
        { value: 1 },
        { error: 'last' },
      ]);
      assert.deepEqual(await db.transaction(names), ['b', 'd']);
      assert.deepEqual(
        await outcome(db.transaction((sql) => put(sql, 'alone').then(() => Promise.reject(new Error('me'))))),
        {
          error: 'me',
        },
      );
      assert.deepEqual(await db.transaction(names), ['b', 'd']);
      assert.equal(db.healthy, true);
    });

    test('a statement that is wrong undoes its work, even where the work did not mind; others go on', async () => {
      const stubborn = (sql: Sql): Promise<string> =>
        put(sql, 'x')
          .then(() => put(sql, 'twice'))
          .catch(() => 0)
          .then(() => put(sql, 'after').catch(() => 0))
          .then(() => 'fine');
      const [before_, wrong, after_] = await Promise.all([
        outcome(db.transaction((sql) => put(sql, 'twice'))),
        db.transaction(stubborn).then(
          () => undefined,
          (error: unknown) => error,
        ),
        outcome(db.transaction((sql) => put(sql, 'y'))),
      ]);
      assert.deepEqual([before_, after_], [{ value: 1 }, { value: 1 }]);
      assert.ok(wrong instanceof Error && !(wrong instanceof StoreUnavailable), String(wrong));
      await assert.rejects(db.transaction(stubborn));
      assert.deepEqual(await db.transaction(names), ['twice', 'y']);
      assert.equal(db.healthy, true);
    });

    test('a statement that nobody waited for belongs to its work; one that comes too late is refused', async () => {
      let kept: Sql | undefined;
      await db.transaction(async (sql) => {
        kept = sql;
        void put(sql, 'not awaited');
      });
      assert.deepEqual(await db.transaction(names), ['not awaited']);
      await assert.rejects(async () => kept?.run('DELETE FROM cursor'), /used after its transaction had ended/);
      assert.deepEqual(await db.transaction(names), ['not awaited']);
    });

    test('work that never ends is undone, and the others get their turn', async () => {
      const quick = await openForTest(await engine.emptyDatabase(), { maxWorkMs: 50 });
      const stuck = outcome(quick.transaction((sql) => put(sql, 'stuck').then(() => new Promise(() => undefined))));
      const other = outcome(quick.transaction((sql) => put(sql, 'other')));
      assert.deepEqual(await stuck, { error: "a transaction's work was not done after 50 ms and was undone" });
      assert.deepEqual(await other, { value: 1 });
      assert.deepEqual(await quick.transaction(names), ['other']);
      await quick.close();
    });

    test('numbers that are no whole numbers are refused on both engines alike', async () => {
      for (const value of [1.5, Number.NaN, 2 ** 60])
        await assert.rejects(
          db.transaction((sql) => sql.run('UPDATE id_mark SET id = ?', value)),
          TypeError,
        );
      const big = 2 ** 53 - 1;
      await db.transaction((sql) => sql.run('UPDATE id_mark SET id = ?', big));
      assert.deepEqual(await db.transaction((sql) => sql.all('SELECT DISTINCT id, NULL AS empty FROM id_mark')), [
        { id: big, empty: null },
      ]);
    });

    test('a question mark in quotes or a comment is no place for a value', async () => {
      const rows = await db.transaction((sql) =>
        sql.all(
          `SELECT 'a?''?' AS "q?", value -- really?\n FROM (SELECT name AS value FROM id_mark) AS marks /* ? */ WHERE value = ?`,
          'inbox',
        ),
      );
      assert.deepEqual(rows, [{ 'q?': "a?'?", value: 'inbox' }]);
    });

    test('a second bridge on the same database is refused, in words, until the first one ends', async () => {
      const refusal = await refusalOf(url);
      assert.equal(refusal.code, 'database_in_use');
      assert.match(refusal.text, /Another Causeway works with the database/);
      const other = await engine.emptyDatabase();
      const first = await openForTest(other);
      await first.transaction((sql) => put(sql, 'kept'));
      await first.close();
      const second = await openForTest(other);
      assert.deepEqual(await second.transaction(names), ['kept']);
      await second.close();
    });

    test('closing finishes what was handed in, and takes nothing more', async () => {
      const mine = await engine.emptyDatabase();
      const closing = await openForTest(mine);
      const last = outcome(closing.transaction((sql) => put(sql, 'last')));
      await Promise.all([closing.close(), closing.close()]);
      assert.deepEqual(await last, { value: 1 });
      await assert.rejects(closing.transaction(names), StoreUnavailable);
      const again = await openForTest(mine);
      assert.deepEqual(await again.transaction(names), ['last']);
      await again.close();
    });

    test('a database of a newer Causeway is refused and left as it is', async () => {
      const mine = await engine.emptyDatabase();
      const newer = await openForTest(mine);
      await newer.transaction((sql) =>
        sql.run(
          'INSERT INTO schema_version (version, name, applied_at_ms) VALUES (?, ?, 0)',
          migrations.length + 1,
          'things to come',
        ),
      );
      await newer.close();
      const refusal = await refusalOf(mine);
      assert.equal(refusal.code, 'database_newer');
      const [newest, known] = [migrations.length + 1, migrations.length];
      assert.ok(
        refusal.text.includes(
          `schema version ${newest}, made by a newer Causeway; this one knows versions up to ${known}. Nothing was changed`,
        ),
        refusal.text,
      );
    });

    test('a database with tables of another program is refused', async () => {
      const mine = await engine.emptyDatabase();
      const stranger = await openForTest(mine);
      await stranger.transaction((sql) => sql.run('DROP TABLE schema_version'));
      await stranger.close();
      const refusal = await refusalOf(mine);
      assert.equal(refusal.code, 'database_foreign');
      assert.match(refusal.text, /holds tables of another program \(authority_member, cursor, /);
    });

    test('a database of the first release is brought forward, and what it holds stays', async () => {
      const mine = await engine.emptyDatabase();
      const old = await openForTest(mine, { migrations: migrations.slice(0, 1) });
      await old.transaction((sql) => put(sql, 'kept'));
      await old.close();
      const now = await openForTest(mine);
      const { schemaVersion, tables } = await now.describe();
      assert.deepEqual(
        [schemaVersion, tables.get('cursor'), tables.get('held_plan')],
        [migrations.length, { rows: 1, more: false }, { rows: 0, more: false }],
      );
      await now.close();
    });

    test('steps of the schema are applied once, in order, and a step that fails leaves nothing behind', async () => {
      const mine = await engine.emptyDatabase();
      const one = { version: 1, name: 'one', sql: 'CREATE TABLE one (a BIGINT); INSERT INTO one VALUES (1);' };
      const two = { version: 2, name: 'two', sql: 'CREATE TABLE two (a BIGINT); INSERT INTO one VALUES (2);' };
      const broken = { ...two, sql: `${two.sql} INSERT INTO nowhere VALUES (3);` };
      await (await openForTest(mine, { migrations: [one] })).close();
      await assert.rejects(openForTest(mine, { migrations: [one, broken] }), /nowhere/);
      const log = recordingLog();
      const done = await openForTest(mine, { migrations: [one, two], log });
      assert.deepEqual(await done.transaction((sql) => sql.all('SELECT a FROM one ORDER BY a')), [{ a: 1 }, { a: 2 }]);
      await done.close();
      assert.deepEqual(
        log.lines.filter((line) => line.includes('schema')),
        ['info: The database schema was brought forward.'],
      );
      const diverged = await refusalOf(mine, { migrations: [one, { ...two, name: 'another' }] });
      assert.equal(diverged.code, 'database_diverged');
    });

    test('describe counts the tables and says where the database is', async () => {
      const log = recordingLog();
      const mine = await openForTest(await engine.emptyDatabase(), { log });
      await mine.transaction((sql) => put(sql, 'one'));
      const described = await mine.describe();
      assert.deepEqual(
        { engine: described.engine, schemaVersion: described.schemaVersion, cursor: described.tables.get('cursor') },
        { engine: engine.name, schemaVersion: migrations.length, cursor: { rows: 1, more: false } },
      );
      assert.ok(described.sizeBytes > 10_000);
      await mine.close();
    });

    test('sockets and timers are served while transactions follow one another without end', async () => {
      let stop = false;
      const chain = (async () => {
        while (!stop) await db.transaction(async () => undefined);
      })();
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
      }, 1);
      await until('timers run', () => ticks > 20);
      clearInterval(timer);
      stop = true;
      await chain;
    });
  });
}
