import { join } from 'node:path';
import { execute } from '../src/sandbox/execute.ts';
import type { Progress } from '../src/sandbox/progress.ts';

const GATE_MS = 180_000;
const BIN = join(import.meta.dirname, '..', 'node_modules', '.bin');

/** What must hold before a test is worth running. */
const GATES = [
  { title: 'types (tsc)', command: 'tsc', args: ['-p', '.'] },
  { title: 'lint and format (biome)', command: 'biome', args: ['check', '--error-on-warnings', '.'] },
] as const;

/** Runs them all. @returns how many failed; their words are printed */
export async function runGates(progress: Progress): Promise<number> {
  let failed = 0;
  for (const { title, command, args } of GATES) {
    const step = progress.step(title);
    const run = await execute(join(BIN, command), args, { cwd: join(import.meta.dirname, '..'), timeoutMs: GATE_MS });
    if (run.code === 0) step.done();
    else {
      failed++;
      step.failed('see below');
      console.log(`${run.stdout}${run.stderr}`);
    }
  }
  return failed;
}
