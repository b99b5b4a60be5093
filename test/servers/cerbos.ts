import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execute, lastLines } from '../../src/sandbox/execute.ts';
import { ensureCached } from '../../src/sandbox/obtain/cache.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { answers } from '../../src/sandbox/servers/probe.ts';
import { type ServerProcess, startServer, withMore } from '../../src/sandbox/servers/server-process.ts';
import type { PackagedProgram } from './debian-program.ts';

const VERSION = '0.51.0';
const INSTALL_MS = 300_000;

export type Cerbos = ServerProcess & {
  readonly port: number;
  readonly url: string;
  /** Replaces the policy of resources of this type. It takes effect a moment later. */
  readonly setPolicy: (resource: string, rules: readonly CerbosRule[]) => Promise<void>;
};

export type CerbosRule = {
  readonly actions: readonly string[];
  readonly roles: readonly string[];
  readonly effect?: 'EFFECT_ALLOW' | 'EFFECT_DENY';
  /** Cerbos' condition language: `R.id != "home/#locked"`. */
  readonly when?: string;
};

/**
 * The Cerbos decision point. It is a package of npm with 90 MB of program, which nobody but its test needs, so it is no
 * dependency of ours: it comes from its own lockfile into the cache where the other servers are.
 */
export async function cerbosProgram(onDetail?: (text: string) => void): Promise<PackagedProgram> {
  const root = await ensureCached(`cerbos-${VERSION}`, async (draft) => {
    onDetail?.('fetching 30 MB from npm');
    for (const file of ['package.json', 'package-lock.json'])
      await copyFile(join(import.meta.dirname, 'cerbos', file), join(draft, file));
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const run = await execute('npm', ['ci', ...quiet], { cwd: draft, timeoutMs: INSTALL_MS });
    if (run.code !== 0) throw new Error(`npm could not install cerbos:\n${lastLines(run)}`);
  });
  const name = `cerbos-${process.platform}-${process.arch}`;
  return { path: join(root, 'node_modules/@cerbos', name, name), root, env: {} };
}

/** Starts Cerbos with no policies: it refuses everything. */
export async function startCerbos(options: { readonly dir: string }): Promise<Cerbos> {
  const program = await cerbosProgram();
  const dir = resolve(options.dir);
  const policies = join(dir, 'policies');
  const port = await freePort();
  const configuration = {
    server: { httpListenAddr: `127.0.0.1:${port}`, grpcListenAddr: `127.0.0.1:${await freePort()}` },
    telemetry: { disabled: true },
    storage: { driver: 'disk', disk: { directory: policies, watchForChanges: true } },
  };
  await mkdir(policies, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, 'cerbos.yaml'), JSON.stringify(configuration));
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: 'Cerbos',
    command: program.path,
    args: ['server', '--config', join(dir, 'cerbos.yaml')],
    cwd: dir,
    logFile: join(dir, 'cerbos.log'),
    isReady: () => answers(`${url}/_cerbos/health`),
  });
  return withMore(server, {
    port,
    url,
    setPolicy: (resource: string, rules: readonly CerbosRule[]) =>
      writeFile(join(policies, `${resource}.json`), JSON.stringify(policy(resource, rules))),
  });
}

const policy = (resource: string, rules: readonly CerbosRule[]): object => ({
  apiVersion: 'api.cerbos.dev/v1',
  resourcePolicy: {
    resource,
    version: 'default',
    rules: rules.map(({ actions, roles, effect = 'EFFECT_ALLOW', when }) => ({
      actions,
      roles,
      effect,
      ...(when !== undefined && { condition: { match: { expr: when } } }),
    })),
  },
});
