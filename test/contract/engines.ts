import { join } from 'node:path';
import { after } from 'node:test';
import { type Postgres, startPostgres } from '../servers/postgres.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

export type TestEngine = {
  readonly name: 'sqlite' | 'postgres';
  /** Address of an empty database. */
  readonly emptyDatabase: () => Promise<string>;
};

let count = 0;
let server: Promise<Postgres> | undefined;

/** One Postgres for the tests of a file; durable unless told, since tests kill it. */
export function sharedPostgres(): Promise<Postgres> {
  server ??= startPostgres({ dir: makeTempDir('db-postgres') });
  return server;
}

/** Both engines. To be called at the top of a test file: it stops Postgres when the file's tests are over. */
export function testEngines(): readonly TestEngine[] {
  const dir = makeTempDir('db-sqlite');
  after(async () => (await server)?.stop());
  return [
    {
      name: 'sqlite',
      emptyDatabase: async () => {
        count += 1;
        return `sqlite:${join(dir, `${count}.db`)}`;
      },
    },
    {
      name: 'postgres',
      emptyDatabase: async () => {
        count += 1;
        return (await sharedPostgres()).createDatabase(`test_${count}`);
      },
    },
  ];
}
