import { obtainDendrite } from '../../src/sandbox/obtain/dendrite.ts';
import { quiet } from '../../src/sandbox/progress.ts';
import { type Dendrite, type DendriteOptions, startDendrite as start } from '../../src/sandbox/servers/dendrite.ts';

export type { Dendrite } from '../../src/sandbox/servers/dendrite.ts';

/** A real Dendrite for a test, built where it is not there yet (run `npm test` for words meanwhile). */
export async function startDendrite(options: Omit<DendriteOptions, 'binary'>): Promise<Dendrite> {
  const program = await obtainDendrite(quiet);
  if (program === undefined)
    throw new Error('There is no Dendrite for the tests: set CAUSEWAY_DENDRITE to one, or install Go.');
  return start({ ...options, binary: program.path });
}
