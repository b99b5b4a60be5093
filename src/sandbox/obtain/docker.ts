import { execute, lastLines } from '../execute.ts';
import { onPath } from './on-path.ts';

const INFO_MS = 10_000;
const RUN_MS = 900_000;

/** Why Docker cannot be used here, or undefined when it can. */
export async function dockerMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'used on Linux only: what it makes are Linux programs';
  if ((await onPath('docker')).length === 0) return 'there is no docker here';
  const info = await execute('docker', ['info'], { timeoutMs: INFO_MS });
  return info.code === 0 ? undefined : 'docker is installed, but its daemon does not answer';
}

export type DockerRun = {
  readonly image: string;
  /** A shell script; it finds `input` at /in and leaves its result in /out. */
  readonly script: string;
  readonly input?: string;
  readonly output: string;
  readonly onLine?: (line: string) => void;
};

/**
 * Runs a script in a container that leaves programs in a folder of ours; the programs then run as any others do, so that
 * ports, signals and files need no second way.
 */
export async function runInDocker({ image, script, input, output, onLine }: DockerRun): Promise<void> {
  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const mounts = ['-v', `${output}:/out`, ...(input === undefined ? [] : ['-v', `${input}:/in:ro`])];
  const run = await execute(
    'docker',
    ['run', '--rm', ...mounts, image, 'sh', '-ec', `${script}\nchown -R ${owner} /out`],
    {
      timeoutMs: RUN_MS,
      ...(onLine === undefined ? {} : { onLine }),
    },
  );
  if (run.code !== 0) throw new Error(`docker run ${image} failed:\n${lastLines(run)}`);
}
