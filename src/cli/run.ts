import { type Command, configOption, parseArguments } from './command.ts';

/** `causeway run`: the bridge itself. */
export const run: Command = {
  name: 'run',
  summary: 'Run the bridge on a configuration, until Ctrl-C',
  usage: `Usage: causeway run [options]

Runs the bridge. SIGTERM or Ctrl-C stops it once lines under way have arrived; SIGHUP reads the configuration again.
Exit code 0: stopped as asked. 2: something has to be put right first; nothing was changed.`,
  options: { config: configOption },
  async run(argv) {
    const parsed = parseArguments(run, argv);
    if (!parsed.ok) {
      process.stderr.write(`${parsed.text}\n`);
      return 2;
    }
    const main = await import('../main.ts');
    return main.run(String(parsed.flags.config));
  },
};
