import { parseArgs } from 'node:util';
import { show } from '../config/problem.ts';
import { argumentLines, textIn } from '../core/commands/command-help.ts';
import type { CommandOption } from '../core/commands/command-row.ts';
import { argumentsIn, COMMANDS, type CommandName, isAskedName, optionsOf } from '../core/commands/command-table.ts';
import { usage } from '../core/commands/command-usage.ts';
import { wrongWords } from '../core/commands/wrong-words.ts';
import { nearest } from '../core/text/nearest.ts';

/**
 * Carries out one command.
 * @param argv what stands behind the command's name
 * @returns the exit code: 0 done, 1 failed, 2 something the person has to put right first
 */
export type Run = (argv: readonly string[]) => Promise<number>;

/** Lists are those of options with `multiple`. */
type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
export type ParsedArguments =
  | { readonly ok: true; readonly flags: Flags; readonly words: readonly string[] }
  | { readonly ok: false; readonly text: string };

/** Parses what stands behind a command's name, as its row has it; a mistake becomes a sentence that says what would be right. */
export function parseArguments(name: CommandName, argv: readonly string[]): ParsedArguments {
  try {
    const { values, positionals: words } = parseArgs({
      args: [...argv],
      options: { ...optionsOf(name) },
      allowPositionals: argumentsIn(name, 'terminal').length > 0,
      strict: true,
    });
    const wrong = wrongWords(name, 'terminal', words);
    return wrong === undefined ? { ok: true, flags: values as Flags, words } : { ok: false, text: wrong };
  } catch (error) {
    return { ok: false, text: `${wrongArgument(name, error)} \`causeway ${name} --help\` lists what it takes.` };
  }
}

/** Node's own words are for programmers. */
function wrongArgument(name: CommandName, error: unknown): string {
  const { code = '', message } = error as { code?: string; message: string };
  const explain = WRONG[code];
  return explain === undefined ? `${message.replace(/\.$/, '')}.` : explain(name, optionsOf(name), message);
}

type Explain = (name: CommandName, options: Readonly<Record<string, CommandOption>>, message: string) => string;

const WRONG: Readonly<Record<string, Explain>> = {
  ERR_PARSE_ARGS_UNKNOWN_OPTION: (name, options, message) => {
    const given = /'-*([^'\s=]*)/.exec(message)?.[1] ?? '';
    const meant = nearest(given, Object.keys(options));
    const dashes = given.length === 1 ? '-' : '--';
    return `causeway ${name} has no option ${dashes}${given}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`;
  },
  ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: (name, options, message) => {
    const word = /^Unexpected argument '(.*)'\. /s.exec(message)?.[1] ?? '';
    const meant = nearest(word, Object.keys(options));
    const option = options[meant ?? ''];
    const value = option?.value === undefined ? '' : ` ${option.value}`;
    return `causeway ${name} takes no word ${show(word)}.${meant === undefined ? '' : ` Did you mean --${meant}${value}?`}`;
  },
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: (_name, options, message) => {
    const given = /'.*?--([\w-]+)/.exec(message)?.[1] ?? '';
    const value = options[given]?.value;
    return value === undefined ? `--${given} takes no value.` : `--${given} needs a value: --${given} ${value}.`;
  },
};

const HELP: CommandOption = { type: 'boolean', short: 'h', text: 'this text' };

const ASKED = `Asks the running bridge, on its machine, for whoever can read its registration. Ends with 0 when it answered, 1 when it
refused, 2 when it cannot be asked.`;

/** What `causeway <command> --help` prints. */
export function helpOf(name: CommandName): string {
  const text = textIn(name, 'terminal');
  const { details, options } = COMMANDS[name];
  const isAsked = isAskedName(name) && options === undefined;
  const rows = Object.entries({ ...optionsOf(name), help: HELP }).map(([flag, { short, value, text: what }]) => {
    const letter = short === undefined ? '    ' : `-${short}, `;
    return [`${letter}--${flag}${value === undefined ? '' : ` ${value}`}`, what] as const;
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    `Usage: ${usage(name, 'terminal')} [options]`,
    `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    argumentLines(name, 'terminal').join('\n'),
    details ?? '',
    isAsked ? ASKED : '',
    `Options:\n${rows.map(([flag, what]) => `  ${flag.padEnd(width)}  ${what}`).join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** A row of the list of commands: what one types, and what it does. */
export const overviewRow = (name: CommandName): readonly [typed: string, text: string] => [
  usage(name, 'terminal').slice('causeway '.length),
  textIn(name, 'terminal'),
];
