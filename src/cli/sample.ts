import { writeFile } from 'node:fs/promises';
import { renderReference } from '../config/reference.ts';
import { renderSample } from '../config/sample.ts';
import { parseArguments, type Run } from './command.ts';

/** Files of this repository that are made from the schema of the configuration. */
const GENERATED: readonly (readonly [URL, () => string])[] = [
  [new URL('../../config.sample.yaml', import.meta.url), renderSample],
  [new URL('../../docs/configuration.md', import.meta.url), renderReference],
];

export const sample: Run = async (argv) => {
  const parsed = parseArguments('sample', argv);
  if (!parsed.ok) {
    console.error(parsed.text);
    return 2;
  }
  if (parsed.flags.write !== true) {
    process.stdout.write(renderSample());
    return 0;
  }
  for (const [file, render] of GENERATED) await writeFile(file, render());
  console.log('Wrote config.sample.yaml and docs/configuration.md.');
  return 0;
};
