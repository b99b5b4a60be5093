/** `npm run check`: the fast part, for every save: types, lint, unit tests. Needs no server. */
import { availableParallelism } from 'node:os';
import { makeProgress } from '../src/sandbox/progress.ts';
import { runGates } from './gates.ts';
import { findTests, runTests, summary } from './run-tests.ts';
import { NEEDS_SERVERS, UNIT_TIMEOUT_MS } from './test-plan.ts';

const startedAt = performance.now();
const broken = await runGates(makeProgress());
const unit = await runTests({
  title: 'unit tests',
  files: await findTests(['test/**/*.test.ts'], NEEDS_SERVERS),
  concurrency: availableParallelism(),
  timeoutMs: UNIT_TIMEOUT_MS,
});
if (broken > 0) console.log(`\n✘ ${broken} of types and lint failed; see above.`);
console.log(summary([unit], performance.now() - startedAt));
process.exitCode = broken === 0 && unit.failed === 0 && unit.cancelled === 0 ? 0 : 1;
