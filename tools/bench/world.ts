import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { makeRegistration, renderRegistration } from '../../src/config/registration/registration.ts';
import type { StatusReport } from '../../src/ports/status.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { type ServerProcess, startServer } from '../../src/sandbox/servers/server-process.ts';
import { type Dendrite, startDendrite } from '../../test/servers/dendrite.ts';
import { type Ergo, startErgo } from '../../test/servers/ergo.ts';
import { BareService } from './bare-service.ts';
import { IrcClient } from './irc-client.ts';
import { MatrixClient } from './matrix-client.ts';
import { startTap, type Tap } from './tap.ts';
import { until } from './waiting.ts';

export type WorldOptions = {
  /** Lets the homeserver's pushes pass through a tap that notes their time. */
  readonly tap?: boolean;
  /** In place of Dendrite; given the ports, it returns its URL. */
  readonly homeserver?: (parts: {
    readonly serverName: string;
    readonly hsToken: string;
    readonly pushUrl: string;
  }) => Promise<{ readonly url: string; readonly close: () => Promise<void> }>;
  readonly ergo?: Readonly<Record<string, unknown>>;
};

/** A link of the configuration, with whatever else shall stand there. */
export type Link = { readonly channel: string; readonly room: string; readonly [key: string]: unknown };

export type BridgeOptions = {
  readonly links: readonly Link[];
  readonly puppets?: Readonly<Record<string, unknown>>;
  /** Without waiting until every link stands. */
  readonly atOnce?: boolean;
  readonly linkedWithinMs?: number;
  /** Laid over the whole configuration, such as `cooperative` and `authority`; paths in it are those of `World.dir`. */
  readonly config?: Readonly<Record<string, unknown>>;
};

/** Real servers, one bridge on them, and people; everything under one folder, everything closed by `close`. */
export type World = {
  readonly dir: string;
  readonly serverName: string;
  readonly dendrite: Dendrite | undefined;
  readonly ergo: Ergo;
  readonly bare: BareService;
  readonly tap: Tap | undefined;
  /** Somebody in an IRC client, in these channels. */
  readonly irc: (nick: string, ...channels: readonly string[]) => Promise<IrcClient>;
  /** Somebody on Matrix, made when missing. */
  readonly matrix: (name: string) => Promise<MatrixClient>;
  /** The bridge as a child process, as people run it. Resolves when every link stands. */
  readonly bridge: (options: BridgeOptions) => Promise<ServerProcess>;
  readonly status: () => Promise<StatusReport>;
  /** Where the bridge answers operators. */
  readonly operationsUrl: string;
  readonly close: () => Promise<void>;
};

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const SERVER_NAME = 'bench.example';
/** As bin/causeway.mjs starts it. */
const QUIET = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0060'];

export async function makeWorld(dir: string, options: WorldOptions = {}): Promise<World> {
  mkdirSync(dir, { recursive: true });
  const closing: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await Promise.resolve(step()).catch(() => {});
  };
  try {
    return await build(dir, options, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  dir: string,
  options: WorldOptions,
  closing: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<World> {
  const listenPort = await freePort();
  const httpPort = await freePort();
  const listenUrl = `http://127.0.0.1:${listenPort}`;
  const tap = options.tap === true ? await startTap(listenPort) : undefined;
  if (tap !== undefined) closing.push(tap.close);
  const pushUrl = tap?.url ?? listenUrl;

  const file = makeRegistration({
    serverName: SERVER_NAME,
    url: pushUrl,
    randomToken: () => randomBytes(24).toString('hex'),
  });
  const registration = join(dir, 'registration.yaml');
  writeFileSync(registration, renderRegistration(file), { mode: 0o600 });

  const standIn = await options.homeserver?.({ serverName: SERVER_NAME, hsToken: file.hs_token, pushUrl });
  if (standIn !== undefined) closing.push(standIn.close);
  const dendrite =
    standIn === undefined
      ? await startDendrite({
          dir: join(dir, 'dendrite'),
          serverName: SERVER_NAME,
          registrations: [registration],
          // People of the benchmark come in crowds, and their speed is not what is measured.
          overrides: { client_api: { rate_limiting: { enabled: false } } },
        })
      : undefined;
  if (dendrite !== undefined) closing.push(() => dendrite.stop());
  const url = standIn?.url ?? dendrite?.url ?? '';
  const ergo = await startErgo({
    dir: join(dir, 'ergo'),
    ...(options.ergo === undefined ? {} : { overrides: options.ergo }),
  });
  closing.push(() => ergo.stop());

  const status = async (): Promise<StatusReport> =>
    (await (await fetch(`http://127.0.0.1:${httpPort}/status`)).json()) as StatusReport;

  const bridge = async ({
    links,
    puppets,
    atOnce,
    linkedWithinMs,
    config: more,
  }: BridgeOptions): Promise<ServerProcess> => {
    const config = {
      homeserver: { url, serverName: SERVER_NAME },
      appservice: { listen: `127.0.0.1:${listenPort}`, url: pushUrl, registration },
      database: `sqlite:${join(dir, 'causeway.db')}`,
      networks: [
        {
          id: 'home',
          server: { host: '127.0.0.1', port: ergo.ports.irc, tls: false },
          bot: { nick: 'causeway' },
          pace: { burst: 10_000, perSecond: 100_000 },
          ...(puppets === undefined ? {} : { puppets }),
          channels: links,
        },
      ],
      http: { listen: `127.0.0.1:${httpPort}` },
      log: { level: process.env.BENCH_LOG ?? 'info', format: 'pretty' },
      ...more,
    };
    writeFileSync(join(dir, 'config.yaml'), stringify(config));
    const child = await startServer({
      name: 'The bridge',
      command: process.execPath,
      args: [...QUIET, ...profiling(), CLI, 'run', '--config', join(dir, 'config.yaml')],
      cwd: dir,
      logFile: join(dir, 'causeway.log'),
      readyWithinMs: Math.max(60_000, linkedWithinMs ?? 0),
      stopWithinMs: 20_000,
      isReady: async () => atOnce === true || (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).ok,
    });
    closing.push(() => child.stop());
    if (atOnce !== true)
      await until(
        'every link to stand',
        linkedWithinMs ?? 60_000,
        async () => (await status().catch(() => undefined))?.portals.every(({ state }) => state === 'linked') === true,
        // A report of ten thousand links is work that the bridge would rather do for links.
        links.length > 1000 ? 2000 : 100,
      );
    return child;
  };

  return {
    dir,
    serverName: SERVER_NAME,
    dendrite,
    ergo,
    bare: new BareService(url, file.as_token, listenPort),
    tap,
    status,
    operationsUrl: `http://127.0.0.1:${httpPort}`,
    bridge,
    close,
    irc: async (nick, ...channels) => {
      const client = await IrcClient.connect(ergo.ports.irc, nick, ...channels);
      closing.push(() => client.close());
      return client;
    },
    matrix: async (name) => {
      const password = `${name}-of-the-bench`;
      await dendrite?.register(name, password);
      const client = await MatrixClient.login(url, name, password);
      closing.push(() => client.close());
      return client;
    },
  };
}

/** Flags that let Node write a CPU profile of the bridge when it ends. */
const profiling = (): string[] => {
  const dir = process.env.BENCH_PROFILES;
  return dir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${dir}`];
};
