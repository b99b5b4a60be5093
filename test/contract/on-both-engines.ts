import { after, before, describe } from 'node:test';
import type { Database, Sql } from '../../src/ports/db.ts';
import { openForTest } from '../db/kit.ts';
import { testEngines } from './engines.ts';

const TABLES = [
  'inbox',
  'outbox',
  'link',
  'cursor',
  'portal',
  'ghost',
  'ghost_room',
  'puppet',
  'member',
  'authority_member',
  'identity_link',
  'scim_resource',
  'held_plan',
  'page',
  'deleted_event',
  'direct',
  'policy_rule',
  'policy_shut_out',
];

/** Runs work in a transaction, with all tables to itself. */
export type Within = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;

/** Declares the same tests on both engines. */
export function describeOnBothEngines(what: string, declare: (within: Within) => void): void {
  for (const engine of testEngines()) {
    describe(`${what} on ${engine.name}`, () => {
      let db: Database;
      before(async () => {
        db = await openForTest(await engine.emptyDatabase());
      });
      after(() => db.close());
      declare((work) =>
        db.transaction(async (sql) => {
          for (const table of TABLES) await sql.run(`DELETE FROM ${table}`);
          await sql.run('UPDATE id_mark SET id = 0');
          return work(sql);
        }),
      );
    });
  }
}
