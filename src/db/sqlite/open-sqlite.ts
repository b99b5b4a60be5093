import { dirname } from 'node:path';
import { fail, ok, type Result } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Health } from '../health.ts';
import type { Opened } from '../opened.ts';
import { SqliteEngine } from './sqlite.ts';
import { sqliteUnavailable } from './sqlite-errors.ts';
import { holdSqliteLock } from './sqlite-lock.ts';
import { fileIdentity, settleSqlitePath } from './sqlite-place.ts';

/** @param path as configured; `:memory:` for tests: nothing of it outlives the process */
export function openSqlite(path: string, clock: Clock, health: Health): Result<Opened> {
  if (path === ':memory:') {
    const engine = new SqliteEngine(path);
    return ok({ engine, folder: undefined, check: () => undefined, close: () => engine.close() });
  }
  const settled = settleSqlitePath(path);
  if (!settled.ok) return settled;
  const lock = holdSqliteLock(settled.value, clock.nowMs());
  if (!lock.ok) return lock;
  try {
    const engine = new SqliteEngine(settled.value);
    const files = [settled.value, lock.value.path];
    const identities = files.map(fileIdentity);
    return ok({
      engine,
      folder: dirname(settled.value),
      check: () => {
        const replaced = files.find((file, index) => !['unknown', identities[index]].includes(fileIdentity(file)));
        if (replaced !== undefined) health.begins('lost for good', wasReplaced(replaced));
      },
      close: async () => {
        await engine.close();
        lock.value.release();
      },
    });
  } catch (error) {
    lock.value.release();
    const unavailable = sqliteUnavailable(error, settled.value);
    if (unavailable === undefined) throw error;
    return fail({ code: 'database_unusable', text: unavailable.message, retry: 'later', notify: 'log' });
  }
}

const wasReplaced = (file: string): string =>
  `The file ${file} was deleted or replaced while the bridge ran. What is written now would be lost, so nothing is ` +
  'taken in any more. Put the file back if you moved it, and start the bridge again.';
