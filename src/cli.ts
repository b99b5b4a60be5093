import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Command, helpOf } from './cli/command.ts';
import { nearest } from './core/text/nearest.ts';

/** The table of commands. Each is loaded when it is called, so that `causeway check` does not wait for the bridge's parts. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./cli/run.ts')).run,
  sandbox: async () => (await import('./sandbox/command.ts')).sandbox,
  register: async () => (await import('./cli/register.ts')).register,
  check: async () => (await import('./cli/check.ts')).check,
  status: async () => (await import('./cli/status.ts')).status,
  authority: async () => (await import('./cli/authority.ts')).authority,
  audit: async () => (await import('./cli/audit.ts')).audit,
  sample: async () => (await import('./cli/sample.ts')).sample,
};

/**
 * Runs the command line.
 * @param argv without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 something the person has to put right first
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${await overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const meant = nearest(name, Object.keys(COMMANDS));
    process.stderr.write(
      `causeway has no command ${JSON.stringify(name)}.${meant === undefined ? '' : ` Did you mean ${meant}?`} \`causeway help\` lists them.\n`,
    );
    return 2;
  }
  const command = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${helpOf(command)}\n`);
    return 0;
  }
  return command.run(rest);
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Causeway mirrors IRC channels into Matrix rooms.

Usage: causeway <command> [options]

${rows.join('\n')}

causeway <command> --help says more about one. docs/configuration.md describes config.yaml.`;
}

if (import.meta.main) {
  // Halves the time to the first line: types are stripped and code compiled once, not at each start.
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/causeway', import.meta.url)));
  process.exitCode = await main(process.argv.slice(2));
}
