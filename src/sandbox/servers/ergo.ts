import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { execute, lastLines } from '../execute.ts';
import { overlay } from './overlay.ts';
import { freePort } from './ports.ts';
import { accepts } from './probe.ts';
import { type ServerProcess, startServer, withMore } from './server-process.ts';

/** A database in which Ergo keeps history; the program must have been built with its driver. */
export type ErgoHistory = { readonly kind: 'sqlite' } | ({ readonly kind: 'mysql' } & MysqlAddress);

export type MysqlAddress = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

export type ErgoOptions = {
  /** Path of the program; see obtain/ergo.ts. */
  readonly binary: string;
  /** Everything it writes goes here; a second start with the same folder knows the same accounts and channels. */
  readonly dir: string;
  /** A free one unless told. */
  readonly port?: number;
  /** Where history outlives the process; in memory unless told. */
  readonly history?: ErgoHistory;
  /** Laid over the configuration: `{fakelag: {enabled: true}}`. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Told the process's number at each start. */
  readonly onStarted?: (pid: number) => void;
};

export type Ergo = ServerProcess & {
  readonly ports: { readonly irc: number };
  /** `irc://127.0.0.1:6667` */
  readonly url: string;
  /** Signs tokens for IRCV3BEARER (HS256, the account in `sub`): whoever has it can log in as anybody. */
  readonly jwtKey: string;
  /** `OPER <name> <password>` gives every power. */
  readonly oper: { readonly name: string; readonly password: string };
};

const TEMPLATE = join(import.meta.dirname, '..', 'ergo.yaml');
const TOOL_MS = 20_000;
/** Debian builds with Go 1.20's defaults, under which every path of the HTTP API answers 404. */
const GODEBUG = 'httpmuxgo121=0';

/** Starts Ergo on the loopback address and resolves when it accepts connections (0.1 s as a rule). */
export async function startErgo(options: ErgoOptions): Promise<Ergo> {
  const dir = resolve(options.dir);
  const port = options.port ?? (await freePort());
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const secrets = await ensureSecrets(dir, options.binary);
  const template = parse(await readFile(TEMPLATE, 'utf8')) as Record<string, unknown>;
  const config = [ofThisStart(port, secrets), historyOn(options.history), options.overrides ?? {}].reduce(
    overlay,
    template,
  );
  // JSON is YAML, and needs no library to be written correctly.
  await writeFile(join(dir, 'ircd.yaml'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  if (!existsSync(join(dir, 'ircd.db'))) await tool(options.binary, dir, ['initdb', '--conf', 'ircd.yaml', '--quiet']);

  const server = await startServer({
    name: 'Ergo',
    command: options.binary,
    args: ['run', '--conf', 'ircd.yaml'],
    cwd: dir,
    env: { GODEBUG },
    ...(options.onStarted === undefined ? {} : { onStarted: options.onStarted }),
    logFile: join(dir, 'ergo.log'),
    isReady: () => accepts(port),
  });
  return withMore(server, {
    ports: { irc: port },
    url: `irc://127.0.0.1:${port}`,
    jwtKey: secrets.jwtKey,
    oper: { name: 'bridge', password: secrets.operPassword },
  });
}

const ofThisStart = (port: number, secrets: Secrets): Record<string, unknown> => ({
  server: { listeners: { [`127.0.0.1:${port}`]: {} } },
  accounts: { 'jwt-auth': { tokens: [{ algorithm: 'hmac', key: secrets.jwtKey, 'account-claims': ['sub'] }] } },
  opers: { bridge: { class: 'bridge', hidden: true, 'whois-line': 'is the bridge', password: secrets.operHash } },
});

const POOL = { enabled: true, 'max-conns': 4 };

function historyOn(history: ErgoHistory | undefined): Record<string, unknown> {
  if (history === undefined) return {};
  const persistent = { history: { persistent: { enabled: true } } };
  if (history.kind === 'sqlite') {
    const sqlite = { ...POOL, 'max-conns': 1, 'database-path': 'ergo_history.db', 'busy-timeout': '5s' };
    return { ...persistent, datastore: { sqlite } };
  }
  const { host, port, user, password, database } = history;
  const mysql = { ...POOL, host, port, user, password, 'history-database': database, timeout: '3s' };
  return { ...persistent, datastore: { mysql } };
}

type Secrets = { readonly jwtKey: string; readonly operPassword: string; readonly operHash: string };

/** Made once per folder, so that no two sandboxes share a key. */
async function ensureSecrets(dir: string, binary: string): Promise<Secrets> {
  const path = join(dir, 'secrets.json');
  if (!existsSync(path)) {
    const operPassword = randomBytes(18).toString('base64url');
    const operHash = (await tool(binary, dir, ['genpasswd', '--quiet'], `${operPassword}\n${operPassword}\n`)).trim();
    const secrets: Secrets = { jwtKey: randomBytes(32).toString('hex'), operPassword, operHash };
    await writeFile(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  }
  return JSON.parse(await readFile(path, 'utf8')) as Secrets;
}

async function tool(binary: string, dir: string, args: readonly string[], input = ''): Promise<string> {
  const run = await execute(binary, args, { cwd: dir, env: { GODEBUG }, input, timeoutMs: TOOL_MS });
  if (run.code !== 0) throw new Error(`ergo ${args[0]} failed:\n${lastLines(run)}`);
  return run.stdout;
}
