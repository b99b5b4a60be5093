import { join } from 'node:path';
import { execute } from '../execute.ts';
import type { Progress } from '../progress.ts';
import { unpackDebianPackages } from './apt.ts';
import { cacheRoot, ensureCached } from './cache.ts';
import { compareVersions } from './dendrite.ts';
import { dockerMissing, runInDocker } from './docker.ts';
import { obtain, type Program, type Way } from './obtain.ts';
import { isProgram, onPath } from './on-path.ts';

const OLDEST_USABLE = '2.15.0';
/** Debian's suite that has the package where the machine's own has none. */
const SUITE_WITH_ERGO = 'trixie';
const VERSION_MS = 20_000;
const UNPACKED = 'usr/bin/ergochat';

/** @param given path from a flag or the environment; nothing else is tried then */
export async function obtainErgo(progress: Progress, given = process.env.CAUSEWAY_ERGO): Promise<Program | undefined> {
  if (given !== undefined && given !== '') {
    return obtain('Ergo', [{ title: 'the given path', tryIt: () => asErgo(given) }], progress);
  }
  const ways: Way[] = [
    { title: 'on PATH', tryIt: fromPath },
    { title: 'unpacked before', tryIt: fromCache },
    { title: "Debian's package ergochat", tryIt: (detail) => fromDebian(detail) },
    {
      title: `Debian's package ergochat of ${SUITE_WITH_ERGO}`,
      tryIt: (detail) => fromDebian(detail, SUITE_WITH_ERGO),
    },
    { title: 'from Docker', tryIt: fromDocker },
  ];
  return obtain('Ergo', ways, progress);
}

async function asErgo(path: string): Promise<Program | string> {
  const run = await execute(path, ['--version'], { timeoutMs: VERSION_MS });
  // Debian also has a chemistry program called `ergo`.
  const version = /^ergo-(\d+\.\d+\.\d+)/.exec(run.stdout.trim())?.[1];
  if (run.code !== 0 || version === undefined) return `${path} --version does not answer as the IRC server does`;
  if (compareVersions(version, OLDEST_USABLE) < 0)
    return `${path} is Ergo ${version}; ${OLDEST_USABLE} or newer is needed`;
  return { path, version };
}

async function fromPath(): Promise<Program | string> {
  let answer: Program | string = 'none there';
  for (const path of [...(await onPath('ergo')), ...(await onPath('ergochat'))]) {
    answer = await asErgo(path);
    if (typeof answer !== 'string') return answer;
  }
  return answer;
}

const cacheName = (origin: string): string => `ergochat-${origin}`;

async function fromCache(): Promise<Program | string> {
  for (const origin of ['own', SUITE_WITH_ERGO, 'docker']) {
    const path = join(cacheRoot(), cacheName(origin), UNPACKED);
    if (await isProgram(path)) return asErgo(path);
  }
  return `nothing in ${cacheRoot()}`;
}

async function fromDebian(detail: (text: string) => void, suite?: string): Promise<Program | string> {
  if ((await onPath('apt-get')).length === 0 || (await onPath('dpkg-deb')).length === 0)
    return 'this machine has no apt';
  const dir = await ensureCached(cacheName(suite ?? 'own'), async (draft) => {
    await unpackDebianPackages(draft, {
      packages: ['ergochat'],
      onDetail: detail,
      ...(suite === undefined ? {} : { suite }),
    });
    // Checked before it enters the cache: an older one must not hide a newer suite's.
    const program = await asErgo(join(draft, UNPACKED));
    if (typeof program === 'string') throw new Error(program);
  });
  return asErgo(join(dir, UNPACKED));
}

async function fromDocker(detail: (text: string) => void): Promise<Program | string> {
  const missing = await dockerMissing();
  if (missing !== undefined) return missing;
  const dir = await ensureCached(cacheName('docker'), (draft) =>
    runInDocker({
      image: `debian:${SUITE_WITH_ERGO}-slim`,
      script: 'apt-get update; cd /tmp; apt-get download ergochat; dpkg-deb -x ergochat_*.deb /out',
      output: draft,
      onLine: detail,
    }),
  );
  return asErgo(join(dir, UNPACKED));
}
