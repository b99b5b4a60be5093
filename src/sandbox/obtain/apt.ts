import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, lastLines } from '../execute.ts';
import {
  type AptSource,
  distributionSources,
  formatSource,
  parseDeb822Sources,
  parseOneLineSources,
  sameMirror,
} from './apt-sources.ts';

export type DebianWish = {
  readonly packages: readonly string[];
  /** Suite to take them from; the machine's own unless told. */
  readonly suite?: string;
  /** Fetch what they need and the machine lacks, too. */
  readonly withDependencies?: boolean;
  /** What is being done, for the person who waits. */
  readonly onDetail?: (text: string) => void;
};

/** The archives were read, and have no such package. */
export class NotPackaged extends Error {
  constructor(packages: readonly string[], sources: readonly AptSource[]) {
    super(`${sources[0]?.suite} has no package ${packages.join(', ')}`);
  }
}

const UPDATE_MS = 180_000;
const DOWNLOAD_MS = 300_000;
const UNPACK_MS = 60_000;

/**
 * Fetches Debian packages from the mirror that this machine is set to and unpacks them into `dir`, as an ordinary user:
 * with lists of our own, without installing anything.
 * @throws with a sentence for the person when the machine has no apt, no mirror, or the mirror has no such package
 */
export async function unpackDebianPackages(dir: string, wish: DebianWish): Promise<void> {
  const mine = await machineSources();
  if (mine.length === 0) throw new Error("found no archive of this machine's distribution in /etc/apt");
  const sources =
    wish.suite === undefined ? mine : [sameMirror(mine, wish.suite)].filter((source) => source !== undefined);
  if (sources.length === 0) throw new Error(`found no mirror in /etc/apt to look for ${wish.suite} on`);

  const work = join(dir, '.apt');
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
  await mkdir(join(work, 'packages'), { recursive: true });
  await writeFile(join(work, 'sources.list'), `${sources.map(formatSource).join('\n')}\n`);
  await writeFile(join(work, 'apt.conf'), aptConfiguration(work));
  const apt = (tool: string, args: readonly string[], timeoutMs: number) =>
    execute(tool, args, {
      cwd: join(work, 'packages'),
      env: { APT_CONFIG: join(work, 'apt.conf'), LC_ALL: 'C' },
      timeoutMs,
    });

  wish.onDetail?.('reading package lists');
  const update = await apt('apt-get', ['-q', 'update'], UPDATE_MS);
  if (update.code !== 0) throw new Error(`apt-get update failed:\n${lastLines(update)}`);

  const packages = wish.withDependencies === true ? await missingPackages(apt, wish.packages) : wish.packages;
  wish.onDetail?.(`fetching ${packages.length === 1 ? packages[0] : `${packages.length} packages`}`);
  const download = await apt('apt-get', ['-q', 'download', ...packages], DOWNLOAD_MS);
  if (/Unable to locate package|has no installation candidate/.test(download.stderr))
    throw new NotPackaged(packages, sources);
  if (download.code !== 0) throw new Error(`apt-get download failed:\n${lastLines(download)}`);

  for (const file of await readdir(join(work, 'packages'))) {
    wish.onDetail?.(`unpacking ${file}`);
    const unpack = await execute('dpkg-deb', ['-x', join(work, 'packages', file), dir], { timeoutMs: UNPACK_MS });
    if (unpack.code !== 0) throw new Error(`dpkg-deb could not unpack ${file}:\n${lastLines(unpack)}`);
  }
  await rm(work, { recursive: true, force: true });
}

type Apt = (tool: string, args: readonly string[], timeoutMs: number) => ReturnType<typeof execute>;

/** The packages and what they need, less what the machine has installed. Simulated: nothing is changed. */
async function missingPackages(apt: Apt, packages: readonly string[]): Promise<string[]> {
  const plan = await apt('apt-get', ['-q', '-s', '--no-install-recommends', 'install', ...packages], UPDATE_MS);
  if (plan.code !== 0) throw new Error(`apt-get cannot plan ${packages.join(', ')}:\n${lastLines(plan)}`);
  const wanted = [...plan.stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(
    ([, name, version]) => `${name}=${version}`,
  );
  // What is installed already is not in the plan; fetch it all the same where it was asked for by name.
  const planned = new Set(wanted.map((entry) => entry.split('=')[0]));
  return [...wanted, ...packages.filter((name) => !planned.has(name))];
}

/** @see man 5 apt.conf; the machine's own settings (proxies) stay in force */
const aptConfiguration = (work: string): string =>
  [
    `Dir::Etc::sourcelist "${work}/sources.list";`,
    'Dir::Etc::sourceparts "/dev/null";',
    `Dir::State::lists "${work}/lists";`,
    `Dir::Cache "${work}/cache";`,
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    // Root would fetch as the user _apt, who cannot write here.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User "root";'] : []),
    '',
  ].join('\n');

/** The archives of this machine's distribution, as /etc/apt names them. */
async function machineSources(): Promise<AptSource[]> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? '';
  const parts = await readdir('/etc/apt/sources.list.d').catch(() => []);
  const files = ['/etc/apt/sources.list', ...parts.map((name) => `/etc/apt/sources.list.d/${name}`)];
  const sources: AptSource[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (file.endsWith('.list')) sources.push(...parseOneLineSources(text));
    if (file.endsWith('.sources')) sources.push(...parseDeb822Sources(text));
  }
  return distributionSources(sources, codename);
}
