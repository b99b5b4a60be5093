import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Client } from 'pg';
import { execute, lastLines } from '../../src/sandbox/execute.ts';
import { unpackDebianPackages } from '../../src/sandbox/obtain/apt.ts';
import { ensureCached } from '../../src/sandbox/obtain/cache.ts';
import { onPath } from '../../src/sandbox/obtain/on-path.ts';
import { waitUntil } from '../../src/sandbox/people/wait.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { type ServerProcess, startServer, withMore } from '../../src/sandbox/servers/server-process.ts';
import { libraryDirs } from './debian-program.ts';
import { asOrdinaryUser, giveToOrdinaryUser } from './ordinary-user.ts';

export type PostgresOptions = {
  readonly dir: string;
  /** A free one unless told. */
  readonly port?: number;
  /** Settings by name: `{fsync: 'off'}`. */
  readonly settings?: Readonly<Record<string, string>>;
};

export type Postgres = ServerProcess & {
  readonly ports: { readonly postgres: number };
  /** Of the database `postgres`; everybody on the loopback address is its owner. */
  readonly url: string;
  /** Makes an empty database and gives its address. */
  readonly createDatabase: (name: string) => Promise<string>;
};

const INITDB_MS = 60_000;
const CHILDREN_MS = 10_000;
const USER = 'causeway';

/** Starts PostgreSQL from PATH, the usual folder or Debian's package; resolves when it answers a query. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { bin, env } = await postgresPrograms();
  const dir = resolve(options.dir);
  const port = options.port ?? (await freePort());
  const data = join(dir, 'data');
  await mkdir(data, { recursive: true, mode: 0o700 });
  await giveToOrdinaryUser(dir);
  await giveToOrdinaryUser(data);
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const initdb = asOrdinaryUser(join(bin, 'initdb'), [
      '-D',
      data,
      '-U',
      USER,
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ]);
    const run = await execute(initdb.command, initdb.args, { cwd: dir, env, timeoutMs: INITDB_MS });
    if (run.code !== 0) throw new Error(`initdb failed:\n${lastLines(run)}`);
  }
  const urlOf = (database: string): string => `postgres://${USER}@127.0.0.1:${port}/${database}`;
  const settings = Object.entries({ listen_addresses: '127.0.0.1', max_connections: '200', ...options.settings });
  const server = await startServer({
    name: 'PostgreSQL',
    ...asOrdinaryUser(join(bin, 'postgres'), [
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      dir,
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]),
    cwd: dir,
    env,
    logFile: join(dir, 'postgres.log'),
    // SIGTERM waits for clients to leave; SIGINT ends their sessions.
    stopSignal: 'SIGINT',
    isReady: () => query(urlOf('postgres'), 'SELECT 1').then(() => true),
  });
  const kill9 = async (): Promise<void> => {
    const children = await descendantsOf(server.pid);
    await server.kill9();
    // They are sessions of their own, and keep the shared memory until they notice: until then it does not start.
    await waitUntil(() => !children.some((pid) => existsSync(`/proc/${pid}`)), {
      timeoutMs: CHILDREN_MS,
      what: 'the processes of the killed PostgreSQL to be gone',
    });
  };
  const { restart } = server;
  const postgres: Postgres = withMore(server, {
    ports: { postgres: port },
    url: urlOf('postgres'),
    createDatabase: async (name: string) => {
      await query(urlOf('postgres'), `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
      return urlOf(name);
    },
  });
  return Object.assign(postgres, {
    kill9,
    restart: async (signal?: NodeJS.Signals) => {
      if (signal !== 'SIGKILL') return restart(signal);
      await kill9();
      return server.start();
    },
  });
}

/** Numbers of all processes below one (proc(5): the parent stands second behind the name in parentheses). */
async function descendantsOf(pid: number): Promise<number[]> {
  const entries = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(entries.map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')));
  const parents = new Map(
    stats.map((stat) => [Number.parseInt(stat, 10), Number(/\) \S (\d+)/.exec(stat)?.[1])] as const),
  );
  const below = (parent: number): number[] =>
    [...parents].flatMap(([child, of]) => (of === parent ? [child, ...below(child)] : []));
  return below(pid);
}

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Folder of `postgres` and `initdb`, and the environment they need. */
export async function postgresPrograms(
  onDetail?: (text: string) => void,
): Promise<{ readonly bin: string; readonly env: Readonly<Record<string, string>> }> {
  for (const path of await onPath('postgres')) {
    const bin = dirname(await realpath(path));
    if (existsSync(join(bin, 'initdb'))) return { bin, env: {} };
  }
  const installed = await newestBelow('/usr/lib/postgresql');
  if (installed !== undefined) return { bin: installed, env: {} };
  const root = await ensureCached('debian-postgresql', (draft) =>
    unpackDebianPackages(draft, {
      packages: ['postgresql'],
      withDependencies: true,
      ...(onDetail === undefined ? {} : { onDetail }),
    }),
  );
  const unpacked = await newestBelow(join(root, 'usr/lib/postgresql'));
  if (unpacked === undefined)
    throw new Error("There is no PostgreSQL for the tests: not on PATH, and Debian's package has none.");
  return { bin: unpacked, env: { LD_LIBRARY_PATH: (await libraryDirs(root)).join(':') } };
}

/** `…/15/bin` of the newest version in Debian's layout. */
async function newestBelow(base: string): Promise<string | undefined> {
  const versions = await readdir(base).catch(() => []);
  const usable = versions.filter((version) => existsSync(join(base, version, 'bin', 'initdb')));
  const newest = usable.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(base, newest, 'bin');
}
