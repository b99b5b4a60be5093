import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util';
import { show } from '../config/problem.ts';
import { nearest } from '../core/text/nearest.ts';

/** One flag of a command: what `node:util` parses, and what `--help` says about it. */
export type CommandOption = ParseArgsOptionDescriptor & {
  readonly text: string;
  /** Name of the value in the help, for options that take one: `FILE`. */
  readonly value?: string;
};

/** One row of the command table in src/cli.ts. */
export type Command = {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The command line, then what the command does, as `--help` prints it. */
  readonly usage: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /**
   * @param argv what stands behind the command's name
   * @returns the exit code: 0 done, 1 failed, 2 something the person has to put right first
   */
  readonly run: (argv: readonly string[]) => Promise<number>;
};

/** The option that most commands share. */
export const configOption: CommandOption = {
  type: 'string',
  short: 'c',
  default: 'config.yaml',
  value: 'FILE',
  text: 'the configuration (config.yaml)',
};

/** Lists are those of options with `multiple`. */
type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
export type ParsedArguments =
  | { readonly ok: true; readonly flags: Flags; readonly positionals: readonly string[] }
  | { readonly ok: false; readonly text: string };

/** Parses the arguments of a command; a mistake becomes a sentence that says what would be right. */
export function parseArguments(
  command: Pick<Command, 'name' | 'options'>,
  argv: readonly string[],
  allowPositionals = false,
): ParsedArguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...command.options },
      allowPositionals,
      strict: true,
    });
    return { ok: true, flags: values as Flags, positionals };
  } catch (error) {
    return {
      ok: false,
      text: `${wrongArgument(command, error)} \`causeway ${command.name} --help\` lists what it takes.`,
    };
  }
}

/** Node's own words are for programmers. */
function wrongArgument(command: Pick<Command, 'name' | 'options'>, error: unknown): string {
  const { code = '', message } = error as { code?: string; message: string };
  const explain = WRONG[code];
  return explain === undefined ? `${message.replace(/\.$/, '')}.` : explain(command, message);
}

type Explain = (command: Pick<Command, 'name' | 'options'>, message: string) => string;

const WRONG: Readonly<Record<string, Explain>> = {
  ERR_PARSE_ARGS_UNKNOWN_OPTION: ({ name, options }, message) => {
    const given = /'-*([^'\s=]*)/.exec(message)?.[1] ?? '';
    const meant = nearest(given, Object.keys(options));
    const dashes = given.length === 1 ? '-' : '--';
    return `causeway ${name} has no option ${dashes}${given}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`;
  },
  ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: ({ name, options }, message) => {
    const word = /^Unexpected argument '(.*)'\. /s.exec(message)?.[1] ?? '';
    const meant = nearest(word, Object.keys(options));
    const option = options[meant ?? ''];
    const value = option?.value === undefined ? '' : ` ${option.value}`;
    return `causeway ${name} takes no word ${show(word)}.${meant === undefined ? '' : ` Did you mean --${meant}${value}?`}`;
  },
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: ({ options }, message) => {
    const given = /'.*?--([\w-]+)/.exec(message)?.[1] ?? '';
    const value = options[given]?.value;
    return value === undefined ? `--${given} takes no value.` : `--${given} needs a value: --${given} ${value}.`;
  },
};

/** What `causeway <command> --help` prints. */
export function helpOf(command: Command): string {
  const rows = Object.entries({
    ...command.options,
    help: { type: 'boolean', short: 'h', text: 'this text' } as CommandOption,
  }).map(([name, { short, value, text }]) => {
    const flag = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return { flag, text };
  });
  const width = Math.max(...rows.map(({ flag }) => flag.length));
  return `${command.usage.trim()}\n\nOptions:\n${rows.map(({ flag, text }) => `  ${flag.padEnd(width)}  ${text}`).join('\n')}`;
}
