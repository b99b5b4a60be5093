/**
 * `npm test`: every test there is, on real servers, which it finds or obtains first. Ends with the sums in node's own
 * words. Arguments are patterns of test files to run instead of all.
 */
import { availableParallelism } from 'node:os';
import { makeProgress } from '../src/sandbox/progress.ts';
import { prepareServers } from '../test/servers/prepare.ts';
import { runGates } from './gates.ts';
import { type Counts, findTests, runTests, slowest, summary, type Timing } from './run-tests.ts';
import {
  ALONE,
  END_TO_END_TIMEOUT_MS,
  LONGEST,
  NEEDS_SERVERS,
  SERVER_TIMEOUT_MS,
  UNIT_TIMEOUT_MS,
} from './test-plan.ts';

const startedAt = performance.now();
const progress = makeProgress();
const wanted = process.argv.slice(2);
const only = wanted.length === 0 ? undefined : new Set(await findTests(wanted));
const chosen = async (patterns: readonly string[], without: readonly string[] = []): Promise<string[]> =>
  (await findTests(patterns, without)).filter((file) => only === undefined || only.has(file));

progress.say('Servers for the tests');
const servers = await prepareServers(progress);
const ranOn = [`Node ${process.versions.node}`, ...servers].join(', ');
progress.say(`\nRuns on ${ranOn}; ${process.platform} ${process.arch}, ${availableParallelism()} cores\n`);

const broken = await runGates(progress);
const runs: Counts[] = [];
const timings: Timing[] = [];
const onTest = (timing: Timing): number => timings.push(timing);
const cores = availableParallelism();
for (const part of [
  {
    title: 'unit and property tests',
    files: await chosen(['test/**/*.test.ts'], NEEDS_SERVERS),
    concurrency: cores,
    timeoutMs: UNIT_TIMEOUT_MS,
  },
  {
    title: 'contract tests and the servers themselves',
    files: await chosen(['test/contract/**/*.test.ts', 'test/servers/**/*.test.ts'], ALONE),
    concurrency: cores + 1,
    timeoutMs: SERVER_TIMEOUT_MS,
  },
  {
    // One more than there are cores: nearly all of their time is a fault that lasts, or a server that starts. The longest go first, so
    // that none of them is left over at the end.
    title: 'end-to-end tests on real servers',
    files: [...(await chosen(LONGEST, ALONE)), ...(await chosen(['test/e2e/**/*.test.ts'], [...ALONE, ...LONGEST]))],
    concurrency: cores + 1,
    timeoutMs: END_TO_END_TIMEOUT_MS,
  },
  {
    title: 'end-to-end tests that need the whole machine',
    files: await chosen(ALONE),
    concurrency: 1,
    timeoutMs: END_TO_END_TIMEOUT_MS,
  },
])
  runs.push(await runTests({ ...part, onTest }));

const failed = runs.some((counts) => counts.failed > 0 || counts.cancelled > 0);
if (broken > 0) progress.say(`\n✘ ${broken} of types and lint failed; see above.`);
progress.say(`\nThe slowest tests:\n${slowest(timings)}`);
progress.say(`\nRan on ${ranOn}`);
progress.say(summary(runs, performance.now() - startedAt));
process.exitCode = broken > 0 || failed ? 1 : 0;
