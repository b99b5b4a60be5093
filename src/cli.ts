import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { helpOf, overviewRow, type Run } from './cli/command.ts';
import { commandRefusal } from './core/commands/command-help.ts';
import {
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  isAskedName,
  isCommandName,
  TERMINAL_NAMES,
  type TerminalName,
} from './core/commands/command-table.ts';
import { nearest } from './core/text/nearest.ts';

/**
 * What the command line does by itself; all else of the table is asked of the running bridge. Each is loaded when it is called, so
 * that `causeway check` does not wait for the bridge's parts.
 */
const OWN: Readonly<Record<TerminalName | 'status', () => Promise<Run>>> = {
  run: async () => (await import('./cli/run.ts')).run,
  sandbox: async () => (await import('./sandbox/command.ts')).sandbox,
  register: async () => (await import('./cli/register.ts')).register,
  check: async () => (await import('./cli/check.ts')).check,
  status: async () => (await import('./cli/status.ts')).status,
  audit: async () => (await import('./cli/audit.ts')).audit,
  sample: async () => (await import('./cli/sample.ts')).sample,
};

/** Commands that can be typed here. */
const TYPED = COMMAND_NAMES.filter((name) => COMMANDS[name].where.includes('terminal'));

/**
 * Runs the command line.
 * @param argv without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 something the person has to put right first
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [word, ...rest] = withoutGroup(argv);
  const isHelp = word === undefined || ['help', '--help', '-h'].includes(word);
  if (isHelp && (rest.length === 0 || word === undefined)) {
    process.stdout.write(`${overview()}\n`);
    return word === undefined ? 2 : 0;
  }
  const name = isHelp ? (rest[0] ?? '') : word;
  if (!isCommandName(name) || !TYPED.includes(name)) {
    process.stderr.write(`${noSuchCommand(name)}\n`);
    return 2;
  }
  if (isHelp || rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${helpOf(name)}\n`);
    return 0;
  }
  const run = await runnerOf(name);
  return run(rest);
}

async function runnerOf(name: CommandName): Promise<Run> {
  if (Object.hasOwn(OWN, name)) return OWN[name as keyof typeof OWN]();
  const { askCommand } = await import('./cli/ask-command.ts');
  return (argv) => (isAskedName(name) ? askCommand(name, argv) : Promise.resolve(2));
}

/** `authority explain` is `explain`. */
function withoutGroup(argv: readonly string[]): readonly string[] {
  const both = argv.slice(0, 2).join(' ');
  return TYPED.some((name) => COMMANDS[name].also === both) ? argv.slice(1) : argv;
}

function noSuchCommand(name: string): string {
  const who = { place: 'terminal', isAdmin: true, isCoordinator: true, hasAuthority: true } as const;
  if (isCommandName(name)) return `${commandRefusal(who, name)} It is about whoever says it there.`;
  const meant = nearest(name, TYPED);
  return `causeway has no command ${JSON.stringify(name)}.${meant === undefined ? '' : ` Did you mean ${meant}?`} \`causeway help\` lists them.`;
}

function overview(): string {
  const own = TERMINAL_NAMES.map(overviewRow);
  const asked = TYPED.filter(isAskedName).map(overviewRow);
  const width = Math.max(...[...own, ...asked].map(([typed]) => typed.length));
  const list = (rows: readonly (readonly [string, string])[]): string =>
    rows.map(([typed, text]) => `  ${typed.padEnd(width)}  ${text}`).join('\n');
  return `Causeway mirrors IRC channels into Matrix rooms.

Usage: causeway <command> [options]

${list(own)}

Asked of the running bridge, and answered as to an admin in its rooms:

${list(asked)}

causeway <command> --help says more about one. docs/configuration.md describes config.yaml, docs/commands.md what can be asked.`;
}

if (import.meta.main) {
  // Halves the time to the first line: types are stripped and code compiled once, not at each start.
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/causeway', import.meta.url)));
  process.exitCode = await main(process.argv.slice(2));
}
