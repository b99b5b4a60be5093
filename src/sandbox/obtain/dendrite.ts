import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, lastLines } from '../execute.ts';
import type { Progress } from '../progress.ts';
import { cacheRoot, ensureCached } from './cache.ts';
import { dockerMissing, runInDocker } from './docker.ts';
import { obtain, type Program, type Way } from './obtain.ts';
import { isProgram, onPath } from './on-path.ts';

/** Folder of the module that pins Dendrite: go.mod with its `tool` line, and go.sum. */
const MODULE = join(import.meta.dirname, '..', 'dendrite');
const PINNED = '0.15.2';
/** Older ones keep application services waiting or lose events (see docs). */
const OLDEST_USABLE = '0.15.0';
/** What the pinned module's go.mod asks for. */
const OLDEST_GO = '1.24.0';
/** From here on an older Go can fetch a newer one by itself. */
const OLDEST_SWITCHING_GO = '1.21.0';

const VERSION_MS = 20_000;
const BUILD_MS = 900_000;

/** @param given path from a flag or the environment; nothing else is tried then */
export async function obtainDendrite(
  progress: Progress,
  given = process.env.CAUSEWAY_DENDRITE,
): Promise<Program | undefined> {
  if (given !== undefined && given !== '') {
    return obtain('Dendrite', [{ title: 'the given path', tryIt: () => asDendrite(given) }], progress);
  }
  const name = `dendrite-${PINNED}-${await moduleDigest()}`;
  const ways: Way[] = [
    { title: 'on PATH', tryIt: fromPath },
    { title: 'built before', tryIt: () => fromCache(name) },
    { title: 'built with Go', tryIt: (detail) => fromGo(name, detail) },
    { title: 'built in Docker', tryIt: (detail) => fromDocker(name, detail) },
  ];
  return obtain('Dendrite', ways, progress);
}

async function asDendrite(path: string): Promise<Program | string> {
  const run = await execute(path, ['--version'], { timeoutMs: VERSION_MS });
  const version = /^v?(\d+\.\d+\.\d+)\S*\s*$/.exec(run.stdout.trim())?.[1];
  if (run.code !== 0 || version === undefined) return `${path} --version does not answer as Dendrite does`;
  if (compareVersions(version, OLDEST_USABLE) < 0)
    return `${path} is Dendrite ${version}; ${OLDEST_USABLE} or newer is needed`;
  return { path, version };
}

async function fromPath(): Promise<Program | string> {
  let answer: Program | string = 'none there';
  for (const path of await onPath('dendrite')) {
    answer = await asDendrite(path);
    if (typeof answer !== 'string') return answer;
  }
  return answer;
}

const cached = (name: string): string => join(cacheRoot(), name, 'dendrite');

const fromCache = async (name: string): Promise<Program | string> =>
  (await isProgram(cached(name))) ? asDendrite(cached(name)) : `nothing in ${cacheRoot()}`;

async function fromGo(name: string, detail: (text: string) => void): Promise<Program | string> {
  const toolchain = await goToolchain();
  if ('missing' in toolchain) return toolchain.missing;
  let compiled = 0;
  const dir = await ensureCached(name, async (draft) => {
    const build = await execute('go', ['install', '-v', 'tool'], {
      cwd: MODULE,
      env: {
        ...toolchain.env,
        CGO_ENABLED: '0',
        GOBIN: draft,
        GOFLAGS: '-mod=readonly -buildvcs=false -trimpath',
        GOWORK: 'off',
      },
      timeoutMs: BUILD_MS,
      onLine: (line) => {
        if (line.startsWith('go: downloading')) detail(`fetching ${line.split(' ')[2]}`);
        else detail(`${++compiled} packages compiled, about a minute on two cores`);
      },
    });
    if (build.code !== 0) throw new Error(`go install failed:\n${lastLines(build)}`);
  });
  return asDendrite(join(dir, 'dendrite'));
}

/** Environment in which this machine's Go builds the module, or why it cannot. */
async function goToolchain(): Promise<{ readonly env: Record<string, string> } | { readonly missing: string }> {
  const run = await execute('go', ['env', 'GOVERSION'], {
    cwd: '/',
    env: { GOTOOLCHAIN: 'local' },
    timeoutMs: VERSION_MS,
  });
  const version = /^go(\d+\.\d+(?:\.\d+)?)/.exec(run.stdout.trim())?.[1];
  if (run.code !== 0 || version === undefined) return { missing: 'there is no Go here' };
  // The one that is here suffices: keep it from asking the network for another.
  if (compareVersions(version, OLDEST_GO) >= 0) return { env: { GOTOOLCHAIN: 'local' } };
  if (compareVersions(version, OLDEST_SWITCHING_GO) >= 0) return { env: { GOTOOLCHAIN: 'auto' } };
  return { missing: `Go ${version} is too old; ${OLDEST_GO} or newer is needed` };
}

async function fromDocker(name: string, detail: (text: string) => void): Promise<Program | string> {
  const missing = await dockerMissing();
  if (missing !== undefined) return missing;
  const dir = await ensureCached(name, (draft) =>
    runInDocker({
      image: 'golang:1.25',
      script: 'cd /in && CGO_ENABLED=0 GOBIN=/out GOFLAGS="-mod=readonly -buildvcs=false -trimpath" go install -v tool',
      input: MODULE,
      output: draft,
      onLine: detail,
    }),
  );
  return asDendrite(join(dir, 'dendrite'));
}

async function moduleDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(MODULE, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Negative when `a` is older than `b`; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
