import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { replies } from '../../src/sandbox/servers/probe.ts';
import { type ServerProcess, startServer, withMore } from '../../src/sandbox/servers/server-process.ts';
import { keyFromSeed, rawKey } from '../fakes/freeq/did-key.ts';

/** A real freeq server. It is built by nobody here: `FREEQ_SERVER` names the binary, made of freeq's own source. */
export type Freeq = ServerProcess & {
  readonly serverName: string;
  readonly ports: { readonly irc: number; readonly web: number };
};

export type FreeqServerOptions = {
  readonly dir: string;
  /** `A.test` unless told. */
  readonly serverName?: string;
  /** Makes it one of several that know one another. */
  readonly federation?: Federation;
};

type Federation = {
  readonly seed: string;
  readonly port: number;
  readonly webPort: number;
  readonly peers: readonly PeerAddress[];
};
type PeerAddress = { readonly id: string; readonly port: number; readonly webPort: number };

/** The binary, or why there is none. */
export function freeqProgram(): { readonly path: string } | { readonly missing: string } {
  const path = process.env.FREEQ_SERVER ?? '';
  if (path === '') return { missing: 'FREEQ_SERVER names no freeq server' };
  return existsSync(path) ? { path } : { missing: `FREEQ_SERVER names ${path}, which is not there` };
}

/** Any identity resolved by this map switches look-ups on the network off; a did:key needs none. */
const NOBODY = 'did:plc:nobody=zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme';

export async function startFreeqServer(options: FreeqServerOptions): Promise<Freeq> {
  const program = freeqProgram();
  if ('missing' in program) throw new Error(program.missing);
  const dir = resolve(options.dir);
  const { serverName = 'A.test', federation } = options;
  const ports = { irc: await freePort(), web: federation?.webPort ?? (await freePort()) };
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (federation !== undefined) await writeFile(join(dir, 'iroh-key.secret'), federation.seed, { mode: 0o600 });
  const server = await startServer({
    name: 'freeq',
    command: program.path,
    args: [
      ...['--listen-addr', `127.0.0.1:${ports.irc}`, '--web-addr', `127.0.0.1:${ports.web}`],
      ...['--server-name', serverName, '--data-dir', dir, '--db-path', join(dir, 'db.sqlite')],
      ...['--did-resolver-static', NOBODY],
      ...(federation === undefined ? [] : federationArgs(federation)),
    ],
    cwd: dir,
    env: { RUST_LOG: 'warn' },
    logFile: join(dir, 'freeq.log'),
    // It accepts connections before it answers them.
    isReady: () => replies(ports.irc, 'PING ready'),
    readyWithinMs: 20_000,
  });
  const freeq: Freeq = withMore(server, { serverName, ports });
  return freeq;
}

const federationArgs = ({ port, peers }: Federation): string[] => [
  '--iroh',
  ...['--iroh-port', String(port)],
  ...['--s2s-allowed-peers', peers.map(({ id }) => id).join(',')],
  ...['--s2s-peers', peers.map((peer) => `${peer.id}@127.0.0.1:${peer.port}`).join(',')],
  ...['--s2s-peer-api', peers.map(({ id, webPort }) => `${id}=http://127.0.0.1:${webPort}`).join(',')],
];

const SEEDS = ['aa'.repeat(32), 'bb'.repeat(32)] as const;

/**
 * A.test and B.test, linked. Fails where the servers cannot serve without the internet: freeq at 4cff3e32 waits for a relay before it answers
 * anybody once federation is on, unless it was built otherwise.
 */
export async function startFreeqPair(dir: string): Promise<readonly [Freeq, Freeq]> {
  const places = await Promise.all(
    SEEDS.map(async (seed) => ({
      seed,
      id: rawKey(keyFromSeed(seed)).toString('hex'),
      port: await freePort(),
      webPort: await freePort(),
    })),
  );
  const start = (name: string): Promise<Freeq> => {
    const [own, ...peers] = name === 'A' ? places : places.toReversed();
    if (own === undefined) throw new Error('no place for a server');
    return startFreeqServer({ dir: join(dir, name), serverName: `${name}.test`, federation: { ...own, peers } });
  };
  const a = await start('A');
  const b = await start('B').catch(async (error: unknown) => {
    await a.stop();
    throw error;
  });
  return [a, b];
}
