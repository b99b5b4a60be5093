import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execute, lastLines } from '../../src/sandbox/execute.ts';
import type { ErgoHistory } from '../../src/sandbox/servers/ergo.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { accepts } from '../../src/sandbox/servers/probe.ts';
import { type ServerProcess, startServer, withMore } from '../../src/sandbox/servers/server-process.ts';
import { ensurePackagedProgram, type PackagedProgram } from './debian-program.ts';

export type Mariadb = ServerProcess & {
  readonly ports: { readonly mysql: number };
  /** For `startErgo({history})`. */
  readonly ergoHistory: ErgoHistory;
};

const BOOTSTRAP_MS = 60_000;
const DATABASE = 'ergo_history';
const USER = 'ergo';
/** On the loopback address, for the length of a test. */
const PASSWORD = 'ergo-in-a-test';
/** What Debian's `mariadb-install-db` feeds to a new server, in its order. */
const SYSTEM_TABLES = [
  'mysql_system_tables.sql',
  'mysql_performance_tables.sql',
  'mysql_system_tables_data.sql',
  'maria_add_gis_sp_bootstrap.sql',
];

export const mariadbProgram = (onDetail?: (text: string) => void): Promise<PackagedProgram> =>
  ensurePackagedProgram({
    name: 'mariadbd',
    debianPackage: 'mariadb-server-core',
    unpackedPath: 'usr/sbin/mariadbd',
    ...(onDetail === undefined ? {} : { onDetail }),
  });

/** Starts MariaDB with an empty database for Ergo's history, the only one that Debian's Ergo 2.15 can keep it in. */
export async function startMariadb(options: { readonly dir: string; readonly port?: number }): Promise<Mariadb> {
  const program = await mariadbProgram();
  const dir = resolve(options.dir);
  const port = options.port ?? (await freePort());
  const data = join(dir, 'data');
  const share = join(program.root, 'usr/share/mysql');
  const common = [
    '--no-defaults',
    `--datadir=${data}`,
    `--lc-messages-dir=${share}`,
    '--skip-log-bin',
    '--innodb-buffer-pool-size=32M',
    '--performance-schema=OFF',
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ];
  if (!existsSync(join(data, 'mysql'))) {
    await mkdir(data, { recursive: true, mode: 0o700 });
    const tables = await Promise.all(SYSTEM_TABLES.map((file) => readFile(join(share, file), 'utf8')));
    const input = ['CREATE DATABASE mysql;', 'USE mysql;', 'SET @auth_root_socket=NULL;', ...tables].join('\n');
    const run = await execute(program.path, [...common, '--bootstrap'], {
      env: program.env,
      input,
      timeoutMs: BOOTSTRAP_MS,
    });
    if (run.code !== 0) throw new Error(`mariadbd --bootstrap failed:\n${lastLines(run)}`);
    await writeFile(
      join(dir, 'init.sql'),
      [
        `CREATE DATABASE IF NOT EXISTS ${DATABASE};`,
        `CREATE USER IF NOT EXISTS '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}';`,
        `GRANT ALL ON ${DATABASE}.* TO '${USER}'@'127.0.0.1';`,
        '',
      ].join('\n'),
    );
  }
  const server = await startServer({
    name: 'MariaDB',
    command: program.path,
    args: [
      ...common,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      `--port=${port}`,
      `--socket=${join(dir, 'socket')}`,
      `--init-file=${join(dir, 'init.sql')}`,
    ],
    cwd: dir,
    env: program.env,
    logFile: join(dir, 'mariadb.log'),
    isReady: () => accepts(port),
  });
  const ergoHistory: ErgoHistory = {
    kind: 'mysql',
    host: '127.0.0.1',
    port,
    user: USER,
    password: PASSWORD,
    database: DATABASE,
  };
  const mariadb: Mariadb = withMore(server, { ports: { mysql: port }, ergoHistory });
  return mariadb;
}
