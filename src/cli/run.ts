import { parseArguments, type Run } from './command.ts';

/** `causeway run`: the bridge itself. */
export const run: Run = async (argv) => {
  const parsed = parseArguments('run', argv);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.text}\n`);
    return 2;
  }
  const main = await import('../main.ts');
  return main.run(String(parsed.flags.config));
};
