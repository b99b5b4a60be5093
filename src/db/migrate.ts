import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Failpoint } from '../ports/failpoint.ts';
import type { Log } from '../ports/log.ts';
import type { Engine } from './engine.ts';

/** One step of the schema. Released steps are never edited: what they made exists out there. */
export type Migration = {
  /** 1, 2, 3, … */
  readonly version: number;
  readonly name: string;
  /** Several statements; the same text for both engines. */
  readonly sql: string;
};

const VERSION_TABLE = `
  CREATE TABLE schema_version (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at_ms BIGINT NOT NULL,
    -- written by the probe that asks whether the database takes work again
    probed_at_ms BIGINT NOT NULL DEFAULT 0
  )`;

type Applied = { readonly version: number; readonly name: string };

export type MigrateOptions = {
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  readonly log: Log;
  readonly failpoint: Failpoint;
};

/**
 * Brings the schema to the newest version, one transaction per step, so that a crash leaves it between two steps.
 * @returns the version; or a refusal where the schema is newer than this program or somebody else's
 * @throws errors of the engine
 */
export async function migrate(engine: Engine, options: MigrateOptions): Promise<Result<number>> {
  const before = (await engine.all<{ name: string }>(engine.tablesQuery, [])).map(({ name }) => name).sort();
  const fresh = !before.includes('schema_version');
  if (fresh && before.length > 0) return fail(foreign(engine, before));
  const applied = fresh
    ? []
    : await engine.all<Applied>('SELECT version, name FROM schema_version ORDER BY version', []);
  const refusal = refuse(engine, options.migrations, applied);
  if (refusal !== undefined) return fail(refusal);
  for (const migration of options.migrations.slice(applied.length)) {
    await step(engine, migration, options);
    options.log.info('The database schema was brought forward.', { version: migration.version, step: migration.name });
  }
  return ok(options.migrations.length);
}

async function step(engine: Engine, migration: Migration, { clock, failpoint }: MigrateOptions): Promise<void> {
  await engine.begin();
  try {
    if (migration.version === 1) await engine.exec(VERSION_TABLE);
    await engine.exec(migration.sql);
    failpoint('during-migration');
    await engine.run('INSERT INTO schema_version (version, name, applied_at_ms) VALUES (?, ?, ?)', [
      migration.version,
      migration.name,
      clock.nowMs(),
    ]);
    await engine.commit();
  } catch (error) {
    await engine.rollback();
    throw error;
  }
}

function refuse(engine: Engine, known: readonly Migration[], applied: readonly Applied[]): BridgeError | undefined {
  const newest = applied.at(-1);
  if (newest !== undefined && newest.version > known.length) return newer(engine, newest.version, known.length);
  const other = applied.find(({ name }, index) => known[index]?.name !== name);
  return other === undefined ? undefined : diverged(engine, other);
}

const newer = (engine: Engine, theirs: number, ours: number): BridgeError => ({
  code: 'database_newer',
  text:
    `The database ${engine.where} has schema version ${theirs}, made by a newer Causeway; this one knows versions up to ` +
    `${ours}. Nothing was changed. Run the newer Causeway again, or restore the backup made before the upgrade.`,
  retry: 'never',
  notify: 'log',
});

const diverged = (engine: Engine, step: Applied): BridgeError => ({
  code: 'database_diverged',
  text:
    `The database ${engine.where} has a schema step ${step.version} named “${step.name}” which this Causeway does not ` +
    'know: it was made by a changed version. Nothing was changed. Run that version, or begin with a new database.',
  retry: 'never',
  notify: 'log',
});

const foreign = (engine: Engine, tables: readonly string[]): BridgeError => ({
  code: 'database_foreign',
  text:
    `The database ${engine.where} holds tables of another program (${tables.slice(0, 5).join(', ')}). Nothing was ` +
    'changed. Give Causeway a database of its own.',
  retry: 'never',
  notify: 'log',
});
