import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { migrations } from '../../src/db/migrations/all.ts';
import { openForTest, until } from '../db/kit.ts';
import { testEngines } from './engines.ts';

const ROUNDS = 20;
const WRITER = new URL('./db-writer.ts', import.meta.url).pathname;

type Writer = { readonly child: ChildProcess; readonly lines: () => string[]; readonly ended: Promise<unknown> };

function startWriter(url: string, run: string, env: Readonly<Record<string, string>> = {}): Writer {
  const child = spawn(process.execPath, [WRITER, url, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  // A last line that the kill cut short is no acknowledgement.
  return { child, lines: () => text.split('\n').slice(0, -1), ended: once(child, 'close') };
}

const acknowledged = (writer: Writer): string[] =>
  writer.lines().flatMap((line) => (line.startsWith('stored ') ? [line.slice(7)] : []));

for (const engine of testEngines()) {
  describe(`kill -9 on ${engine.name}`, () => {
    test(`every acknowledged row outlives ${ROUNDS} kills, and none is there by half`, {
      timeout: 180_000,
    }, async () => {
      const url = await engine.emptyDatabase();
      const promised: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const writer = startWriter(url, `r${round}`);
        const goal = 1 + Math.floor(Math.random() * 300);
        await until(
          `${goal} rows in round ${round}`,
          () => acknowledged(writer).length >= goal || writer.child.exitCode !== null,
          30_000,
        );
        writer.child.kill('SIGKILL');
        await writer.ended;
        assert.ok(acknowledged(writer).length >= goal, writer.lines().join('\n'));
        promised.push(...acknowledged(writer));
      }
      const db = await openForTest(url);
      const keys = async (table: string): Promise<string[]> =>
        (await db.transaction((sql) => sql.all<{ key: string }>(`SELECT key FROM ${table}`)))
          .map(({ key }) => key)
          .sort();
      const [inbox, outbox] = [await keys('inbox'), await keys('outbox')];
      await db.close();
      const there = new Set(inbox);
      assert.deepEqual(
        promised.filter((key) => !there.has(key)),
        [],
      );
      assert.deepEqual(inbox, outbox);
      assert.equal(there.size, inbox.length);
    });

    test('a kill within a step of the schema leaves the step undone, and the next start does it', async () => {
      const url = await engine.emptyDatabase();
      const killed = startWriter(url, 'killed', { KILL_AT: 'during-migration' });
      await killed.ended;
      assert.deepEqual([killed.child.signalCode, killed.lines()], ['SIGKILL', []]);
      const db = await openForTest(url);
      const described = await db.describe();
      assert.deepEqual(
        [described.schemaVersion, described.tables.get('inbox')],
        [migrations.length, { rows: 0, more: false }],
      );
      await db.close();
    });

    test('while one process works, another is refused; after its kill the next one gets in', async () => {
      const url = await engine.emptyDatabase();
      const first = startWriter(url, 'first');
      await until('the first works', () => acknowledged(first).length > 0);
      const second = startWriter(url, 'second');
      await second.ended;
      assert.deepEqual([second.child.exitCode, second.lines()], [2, ['refused database_in_use']]);
      first.child.kill('SIGKILL');
      await first.ended;
      const third = startWriter(url, 'third');
      await until('the third works', () => acknowledged(third).length > 0);
      third.child.kill('SIGKILL');
      await third.ended;
    });

    test('of several that start at once, one gets the database', async () => {
      const url = await engine.emptyDatabase();
      const writers = Array.from({ length: 5 }, (_, index) => startWriter(url, `w${index}`));
      await until('all have decided', () => writers.every((writer) => writer.lines().length > 0), 30_000);
      const firstWords = writers.map((writer) => writer.lines()[0]).sort();
      for (const writer of writers) writer.child.kill('SIGKILL');
      await Promise.all(writers.map((writer) => writer.ended));
      assert.deepEqual(firstWords, ['ready', ...Array.from({ length: 4 }, () => 'refused database_in_use')]);
    });
  });
}
