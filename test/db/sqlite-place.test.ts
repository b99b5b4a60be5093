import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '../../src/ports/db.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { openForTest, refusalOf, until } from './kit.ts';

describe('the file of an embedded database', () => {
  test('is made with its folder, closed to other users', async () => {
    const path = join(makeTempDir('place'), 'deep', 'down', 'x.db');
    const db = await openForTest(`sqlite:${path}`);
    assert.equal((statSync(path).mode & 0o777).toString(8), '600');
    assert.equal((statSync(`${path}-wal`).mode & 0o777).toString(8), '600');
    await db.close();
  });

  test('is one file under all its names: relative, by a link, by a link to its folder', async () => {
    const dir = makeTempDir('place');
    mkdirSync(join(dir, 'data'));
    const path = join(dir, 'data', 'x.db');
    const db = await openForTest(`sqlite:${path}`);
    symlinkSync(path, join(dir, 'link.db'));
    symlinkSync(join(dir, 'data'), join(dir, 'folder'));
    const others = [
      relative(process.cwd(), path),
      join(dir, 'link.db'),
      join(dir, 'folder', 'x.db'),
      `${dir}/data/../data/./x.db`,
    ];
    for (const other of others) assert.equal((await refusalOf(`sqlite:${other}`)).code, 'database_in_use', other);
    await db.close();
    for (const other of others) await (await openForTest(`sqlite:${other}`)).close();
  });

  test('says who holds it', async () => {
    const path = join(makeTempDir('place'), 'x.db');
    const db = await openForTest(`sqlite:${path}`);
    const { text } = await refusalOf(`sqlite:${path}`);
    assert.match(text, new RegExp(`\\(process ${process.pid} on \\S+, since 20\\d\\d-[^)]+Z\\)`));
    await db.close();
  });

  test('is refused in words where it cannot be used', async () => {
    const dir = makeTempDir('place');
    const file = (name: string): string => join(dir, name);
    writeFileSync(file('text.db'), 'this is no database, whatever its name says, and it is long enough'.repeat(100));
    writeFileSync(file('twice.db'), '');
    linkSync(file('twice.db'), file('again.db'));
    symlinkSync(file('nowhere/x.db'), file('dangling.db'));
    mkdirSync(file('folder.db'));
    const cases = {
      'text.db': /is damaged: the file is no SQLite database/,
      'again.db': /several names \(hard links\)/,
      'dangling.db': /a link that leads nowhere/,
      'folder.db': /it is no file/,
      'text.db/x.db': /a part of its path is a file/,
    };
    for (const [name, words] of Object.entries(cases))
      assert.match((await refusalOf(`sqlite:${file(name)}`)).text, words);
    if (process.getuid?.() !== 0) {
      mkdirSync(file('closed'));
      chmodSync(file('closed'), 0o500);
      assert.match((await refusalOf(`sqlite:${file('closed/x.db')}`)).text, /may not write there/);
    }
    assert.match((await refusalOf('sqlite:/proc/self/x.db')).text, /cannot be used|cannot be opened/);
  });

  test('is not written to when it was deleted or replaced under us', async () => {
    for (const replace of [
      (path: string) => rmSync(path),
      (path: string) => renameSync(path, `${path}.old`),
      (path: string) => rmSync(`${path}.lock`),
    ]) {
      const path = join(makeTempDir('place'), 'x.db');
      const db = await openForTest(`sqlite:${path}`, { watchMs: 5 });
      replace(path);
      await until('it is noticed', () => !db.healthy);
      assert.match(db.problem ?? '', /was deleted or replaced while the bridge ran/);
      await assert.rejects(
        db.transaction((sql) => sql.run('DELETE FROM cursor')),
        StoreUnavailable,
      );
      await db.close();
    }
  });

  test('held by another program for a moment is waited for, for longer is told, and taken up again', async () => {
    const { DatabaseSync } = await import('node:sqlite');
    const path = join(makeTempDir('place'), 'x.db');
    const db = await openForTest(`sqlite:${path}`, { watchMs: 10 });
    const shell = new DatabaseSync(path);
    shell.exec('BEGIN IMMEDIATE');
    await assert.rejects(
      db.transaction((sql) => sql.run('DELETE FROM cursor')),
      /is locked by another program: close what has it open/,
    );
    assert.equal(db.healthy, false);
    shell.exec('ROLLBACK');
    await until('it is ours again', () => db.healthy);
    shell.close();
    await db.close();
  });
});
