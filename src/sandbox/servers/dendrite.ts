import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { overlay } from './overlay.ts';
import { freePort } from './ports.ts';
import { answers } from './probe.ts';
import { type ServerProcess, startServer, withMore } from './server-process.ts';

export type DendriteOptions = {
  /** Path of the program; see obtain/dendrite.ts. */
  readonly binary: string;
  /** Everything it writes goes here; a second start with the same folder goes on with the same data. */
  readonly dir: string;
  readonly serverName: string;
  /** A free one unless told. */
  readonly port?: number;
  /** Paths of application services' registration files; read again at each start. */
  readonly registrations: readonly string[];
  /** `postgres://…` of an empty database; SQLite files in `dir` unless told. */
  readonly postgres?: string;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** Other homeservers reach it there, over TLS; its `serverName` names the port. No federation without. */
  readonly federation?: { readonly host: string; readonly port: number; readonly cert: string; readonly key: string };
  /** Laid over the configuration: `{client_api: {rate_limiting: {enabled: false}}}`. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Told the process's number at each start. */
  readonly onStarted?: (pid: number) => void;
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * Dendrite (v0.15.2) reads what its queue kept for the federation API before there is a room server to ask about it: where that changes the state of
 * a room, the process now and then ends with a nil pointer. Started again it does not, as a rule.
 */
const PANIC_AT_START = /nil pointer dereference.*QueryEventsByID\(0x0/s;

export type Dendrite = ServerProcess & {
  /** Of its client-server API, without a trailing slash. */
  readonly url: string;
  readonly ports: { readonly http: number };
  readonly serverName: string;
  /** Makes a person who can log in; harmless when they exist. */
  readonly register: (name: string, password: string, admin?: boolean) => Promise<void>;
};

/** Starts Dendrite on the loopback address, without federation, and resolves when it answers (0.1 s as a rule). */
export async function startDendrite(options: DendriteOptions): Promise<Dendrite> {
  const dir = resolve(options.dir);
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  await mkdir(join(dir, 'media'), { recursive: true, mode: 0o700 });
  const secret = await ensureSecret(join(dir, 'registration-secret'));
  await ensureSigningKey(join(dir, 'matrix_key.pem'));
  // JSON is YAML, and needs no library to be written correctly.
  const config = overlay(dendriteConfig(dir, secret, options), options.overrides ?? {});
  await writeFile(join(dir, 'dendrite.yaml'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });

  const server = await startServer({
    name: 'Dendrite',
    command: options.binary,
    args: [
      '--config',
      join(dir, 'dendrite.yaml'),
      '--http-bind-address',
      `127.0.0.1:${port}`,
      ...tlsArguments(options),
    ],
    cwd: dir,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.onStarted === undefined ? {} : { onStarted: options.onStarted }),
    logFile: join(dir, 'dendrite.log'),
    isReady: () => answers(`${url}/_matrix/client/versions`),
    endsByChance: PANIC_AT_START,
  });
  const dendrite: Dendrite = withMore(server, {
    url,
    ports: { http: port },
    serverName: options.serverName,
    register: (name: string, password: string, admin = false) => register(url, secret, name, password, admin),
  });
  return dendrite;
}

const tlsArguments = ({ federation }: DendriteOptions): string[] =>
  federation === undefined
    ? []
    : [
        ...['--https-bind-address', `${federation.host}:${federation.port}`],
        ...['--tls-cert', federation.cert, '--tls-key', federation.key],
      ];

function dendriteConfig(dir: string, secret: string, options: DendriteOptions): Record<string, unknown> {
  const database = (name: string): Record<string, unknown> =>
    options.postgres === undefined ? { database: { connection_string: `file:${join(dir, `${name}.db`)}` } } : {};
  return {
    version: 2,
    global: {
      server_name: options.serverName,
      private_key: join(dir, 'matrix_key.pem'),
      disable_federation: options.federation === undefined,
      presence: { enable_inbound: false, enable_outbound: false },
      report_stats: { enabled: false },
      // On disk: in memory it forgets, at a restart, what it has not yet pushed to us.
      jetstream: { storage_path: join(dir, 'jetstream'), addresses: [], topic_prefix: 'Dendrite' },
      metrics: { enabled: false },
      cache: { max_size_estimated: '64mb', max_age: '1h' },
      ...(options.postgres === undefined
        ? {}
        : {
            database: {
              connection_string: options.postgres,
              max_open_conns: 40,
              max_idle_conns: 5,
              conn_max_lifetime: -1,
            },
          }),
    },
    app_service_api: { config_files: options.registrations.map((path) => resolve(path)) },
    client_api: {
      registration_disabled: true,
      registration_shared_secret: secret,
      rate_limiting: { enabled: true, threshold: 20, cooloff_ms: 500 },
    },
    federation_api: {
      key_perspectives: [],
      deny_networks: [],
      allow_networks: [],
      // Its neighbours are on this machine, with certificates that nobody signed.
      disable_tls_validation: options.federation !== undefined,
      ...database('federationapi'),
    },
    key_server: database('keyserver'),
    media_api: {
      base_path: join(dir, 'media'),
      max_file_size_bytes: 52_428_800,
      dynamic_thumbnails: true,
      ...database('mediaapi'),
    },
    mscs: { mscs: [], ...database('mscs') },
    relay_api: database('relayapi'),
    room_server: { default_room_version: '11', ...database('roomserver') },
    sync_api: { search: { enabled: false }, ...database('syncapi') },
    user_api: {
      bcrypt_cost: 4,
      ...(options.postgres === undefined
        ? { account_database: { connection_string: `file:${join(dir, 'userapi.db')}` } }
        : {}),
    },
    logging: [{ type: 'std', level: options.logLevel ?? 'warn' }],
  };
}

async function ensureSecret(path: string): Promise<string> {
  if (!existsSync(path)) await writeFile(path, randomBytes(32).toString('hex'), { mode: 0o600 });
  return readFile(path, 'utf8');
}

/** The server's ed25519 signing key in the form of Dendrite's `generate-keys`: the seed, base64, in a PEM block. */
async function ensureSigningKey(path: string): Promise<void> {
  if (existsSync(path)) return;
  const { d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(d ?? '', 'base64url').toString('base64');
  const id = randomBytes(3).toString('hex');
  await writeFile(
    path,
    `-----BEGIN MATRIX PRIVATE KEY-----\nKey-ID: ed25519:${id}\n\n${seed}\n-----END MATRIX PRIVATE KEY-----\n`,
    { mode: 0o600 },
  );
}

/** Shared-secret registration, as Dendrite keeps it under Synapse's path. */
async function register(url: string, secret: string, name: string, password: string, admin: boolean): Promise<void> {
  const endpoint = `${url}/_synapse/admin/v1/register`;
  const { nonce } = (await (await fetch(endpoint)).json()) as { nonce: string };
  const mac = createHmac('sha1', secret)
    .update([nonce, name, password, admin ? 'admin' : 'notadmin'].join('\0'))
    .digest('hex');
  const response = await fetch(endpoint, {
    method: 'POST',
    body: JSON.stringify({ nonce, username: name, password, admin, mac }),
  });
  if (response.ok) return;
  const body = await response.text();
  if (!body.includes('M_USER_IN_USE')) throw new Error(`Dendrite did not register ${name}: ${response.status} ${body}`);
}
