import { glob } from 'node:fs/promises';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Numbers of one run, as node counts them. */
export type Counts = {
  tests: number;
  suites: number;
  passed: number;
  failed: number;
  cancelled: number;
  skipped: number;
  todo: number;
};

/** One test that ran, and how long it took, its set-up and its waiting included. */
export type Timing = { readonly file: string; readonly name: string; readonly durationMs: number };

export type TestRun = {
  readonly title: string;
  readonly files: readonly string[];
  /** How many files at the same time. */
  readonly concurrency: number;
  /** For one file. */
  readonly timeoutMs: number;
  /** Told of each test that ended. */
  readonly onTest?: (timing: Timing) => void;
};

/** Test files that fit one of the patterns and none of the others, sorted. */
export async function findTests(patterns: readonly string[], without: readonly string[] = []): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) for await (const file of glob(pattern)) found.add(file);
  for (const pattern of without) for await (const file of glob(pattern)) found.delete(file);
  return [...found].sort();
}

/** Runs test files, each in a process of its own, and prints what node's `spec` reporter prints. */
export async function runTests({ title, files, concurrency, timeoutMs, onTest }: TestRun): Promise<Counts> {
  console.log(`\n── ${title}: ${files.length} files ──`);
  const counts: Counts = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 };
  if (files.length === 0) return counts;
  const events = run({
    files: [...files],
    concurrency,
    timeout: timeoutMs,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  for (const ended of ['test:pass', 'test:fail'] as const)
    events.on(ended, ({ file = '', name, details }) => {
      if (details.type !== 'suite') onTest?.({ file, name, durationMs: details.duration_ms });
    });
  events.on('test:summary', ({ file, counts: told }) => {
    if (file === undefined) {
      for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] = told[name as keyof typeof told] ?? 0;
    }
  });
  for await (const text of events.compose(spec())) process.stdout.write(String(text));
  return counts;
}

/** The tests that took longest, a line each: where to look when the whole takes too long. */
export function slowest(timings: readonly Timing[], count = 10): string {
  return timings
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, count)
    .map(({ file, name, durationMs }) => {
      const where = relative(process.cwd(), file);
      return `${(durationMs / 1000).toFixed(1).padStart(7)} s  ${where === name ? where : `${where}: ${name}`}`;
    })
    .join('\n');
}

/** The sum of several runs in the words that `node --test` ends with. */
export function summary(runs: readonly Counts[], durationMs: number): string {
  const sum = (name: keyof Counts): number => runs.reduce((total, counts) => total + counts[name], 0);
  return [
    `# tests ${sum('tests')}`,
    `# suites ${sum('suites')}`,
    `# pass ${sum('passed')}`,
    `# fail ${sum('failed')}`,
    `# cancelled ${sum('cancelled')}`,
    `# skipped ${sum('skipped')}`,
    `# todo ${sum('todo')}`,
    `# duration_ms ${Math.round(durationMs)}`,
  ].join('\n');
}
