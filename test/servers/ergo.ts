import { obtainErgo } from '../../src/sandbox/obtain/ergo.ts';
import { quiet } from '../../src/sandbox/progress.ts';
import { type Ergo, type ErgoOptions, startErgo as start } from '../../src/sandbox/servers/ergo.ts';

export type { Ergo } from '../../src/sandbox/servers/ergo.ts';

/** A real Ergo for a test, fetched where it is not there yet. */
export async function startErgo(options: Omit<ErgoOptions, 'binary'>): Promise<Ergo> {
  const program = await obtainErgo(quiet);
  if (program === undefined)
    throw new Error('There is no Ergo for the tests: set CAUSEWAY_ERGO to one, or install it.');
  return start({ ...options, binary: program.path });
}
