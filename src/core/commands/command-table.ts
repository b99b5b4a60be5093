import { ASKED_ROWS } from './asked-rows.ts';
import type { Argument, CommandOption, CommandPlace, CommandRow } from './command-row.ts';
import { TERMINAL_ROWS } from './terminal-rows.ts';

/** What the running bridge answers. */
export type AskedName = keyof typeof ASKED_ROWS;
/** What the command line does by itself. */
export type TerminalName = keyof typeof TERMINAL_ROWS;
export type CommandName = AskedName | TerminalName;

/** All commands, in the order in which the help has them. */
export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = { ...ASKED_ROWS, ...TERMINAL_ROWS };

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];
export const TERMINAL_NAMES = Object.keys(TERMINAL_ROWS) as readonly TerminalName[];

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);
export const isAskedName = (name: string): name is AskedName => Object.hasOwn(ASKED_ROWS, name);

/** What a command takes where it is said there. */
export const argumentsIn = (name: CommandName, place: CommandPlace): readonly Argument[] =>
  COMMANDS[name].takes.filter(({ where }) => where === undefined || where.includes(place));

/** How the running bridge is found and asked from the command line. */
const ASKING: Readonly<Record<string, CommandOption>> = {
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    text: "the configuration of the bridge to ask (config.yaml, else the sandbox's)",
  },
  url: { type: 'string', value: 'HOST:PORT', text: 'where to ask instead of its http.listen' },
  json: { type: 'boolean', text: 'the answer as JSON' },
};

/** Its flags on the command line. */
export const optionsOf = (name: CommandName): Readonly<Record<string, CommandOption>> =>
  COMMANDS[name].options ?? (COMMANDS[name].where.includes('terminal') ? ASKING : {});

/** As a sentence has it behind `Say this in`. */
export const PLACE_WORDS: Readonly<Record<CommandPlace, string>> = {
  channel: 'the room of a channel',
  conversation: 'the room of a private conversation',
  bot: 'a private room with the bot: invite it to an unencrypted room with nobody else',
  house: 'a room of the cooperative',
  network: 'a private message to the bot on a network',
  terminal: 'a shell on the machine of the bridge',
};
