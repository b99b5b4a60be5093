/**
 * Fills the disk of a folder with a database in it, frees it again, and says what happened, as JSON lines. Run in a
 * mount namespace of its own, in which the folder is a file system of a few MiB. Argument: the folder.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from '../../src/ports/db.ts';
import { openForTest, until } from './kit.ts';

const [folder = ''] = process.argv.slice(2);
const ballast = join(folder, 'ballast');
const say = (fact: object): void => {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
};

writeFileSync(ballast, Buffer.alloc(1024 * 1024));
const db = await openForTest(`sqlite:${join(folder, 'x.db')}`, { floorBytes: 0, watchMs: 20 });
const stored: string[] = [];
let refusal: unknown;
for (let n = 0; refusal === undefined && n < 5_000; n++) {
  try {
    await db.transaction(async (sql) => {
      await sql.run('INSERT INTO cursor (name, value) VALUES (?, ?)', `a${n}`, 'x'.repeat(4000));
      await sql.run('INSERT INTO cursor (name, value) VALUES (?, ?)', `b${n}`, '');
    });
    stored.push(`a${n}`, `b${n}`);
  } catch (error) {
    refusal = error;
  }
}
say({ refused: refusal instanceof StoreUnavailable, healthy: db.healthy, problem: db.problem });
rmSync(ballast);
await until('there is room again', () => db.healthy);
await db.transaction((sql) => sql.run('INSERT INTO cursor (name, value) VALUES (?, ?)', 'after', ''));
await db.close();

const again = await openForTest(`sqlite:${join(folder, 'x.db')}`, { floorBytes: 0 });
const rows = await again.transaction((sql) => sql.all<{ name: string }>('SELECT name FROM cursor'));
const check = await again.transaction((sql) => sql.all<{ integrity_check: string }>('PRAGMA integrity_check'));
await again.close();
const same = JSON.stringify(rows.map(({ name }) => name).sort()) === JSON.stringify([...stored, 'after'].sort());
say({ same, check: check[0]?.integrity_check, many: stored.length > 100 });
