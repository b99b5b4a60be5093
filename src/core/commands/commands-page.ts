import { textIn } from './command-help.ts';
import type { CommandPlace } from './command-row.ts';
import { COMMAND_NAMES, COMMANDS, type CommandName } from './command-table.ts';
import { usage } from './command-usage.ts';

const HEAD = `# Commands

What people can ask of the bridge, and what its command line does. This page is made from the rows in \`src/core/commands/\`, as are the help,
the checks of what stands behind a command, and what is said where it does not fit; a test compares them.

## In rooms and private messages

On Matrix it is said in a room, behind \`!causeway\`; the bot answers with a notice in reply that calls nobody but whoever asked, and neither
question nor answer goes to the channel. On a network it is said to the bot in a private message, with or without \`!causeway\`, and answered
there to that person alone. \`!causeway help\` lists what the asker may use where they are, \`!causeway help COMMAND\` says more of one, and a
command that does not exist is answered with the nearest that does.

| Command | What it does | Who | Where |
|---|---|---|---|
`;

const TERMINAL = `
Commands marked with * are only listed where an authority says who is a member ([authority.md](authority.md)).

## On the command line

\`causeway COMMAND\`, as \`node bin/causeway.mjs COMMAND\` in a clone; \`causeway COMMAND --help\` lists its flags. Those marked "asked" are answered
by the running bridge, in the words of its rooms, as to an admin; \`--json\` gives the answer as \`{command, ok, text, facts}\`. Whoever asks
has to be on the bridge's machine and able to read its registration: \`--config\` names the configuration that names it (\`config.yaml\`, else the
sandbox's). The exit code is 0 when it was answered, 1 when the bridge refused, 2 when it cannot be asked. A shell takes \`#\` for a comment: write
\`'#commons'\`, or \`commons\`.

| Command | What it does | |
|---|---|---|
`;

const PLACES: readonly (readonly [CommandPlace, string])[] = [
  ['channel', 'rooms of channels'],
  ['conversation', 'private conversations'],
  ['bot', 'private rooms with the bot'],
  ['house', 'other rooms of the cooperative'],
  ['network', 'private messages on a network'],
];

/** docs/commands.md */
export function commandsPage(): string {
  const isSaid = (name: CommandName): boolean => COMMANDS[name].where.some((place) => place !== 'terminal');
  const isTyped = (name: CommandName): boolean => COMMANDS[name].where.includes('terminal');
  const saidRows = COMMAND_NAMES.filter(isSaid).map(saidRow);
  const typed = COMMAND_NAMES.filter(isTyped).sort((a, b) => Number(isSaid(a)) - Number(isSaid(b)));
  const typedRows = typed.map((name) => typedRow(name, isSaid(name) && name !== 'help'));
  return `${HEAD}${saidRows.join('\n')}\n${TERMINAL}${typedRows.join('\n')}\n`;
}

function saidRow(name: CommandName): string {
  const { text, who, where, needsAuthority } = COMMANDS[name];
  const mark = needsAuthority === undefined ? '' : ' *';
  const said = `\`${usage(name, where[0] ?? 'channel').replace('!causeway ', '')}\`${mark}`;
  return row([said, text, who, whereWords(where.filter((place) => place !== 'terminal'))]);
}

function typedRow(name: CommandName, isAsked: boolean): string {
  const { also } = COMMANDS[name];
  const more = also === undefined ? '' : `; also \`${also}\``;
  const said = usage(name, 'terminal').replace('causeway ', '');
  return row([`\`${said}\``, `${textIn(name, 'terminal')}${more}`, isAsked ? 'asked' : '']);
}

function whereWords(where: readonly CommandPlace[]): string {
  if (where.length === PLACES.length) return 'everywhere';
  const onMatrix = PLACES.filter(([place]) => place !== 'network');
  if (onMatrix.every(([place]) => where.includes(place))) return 'on Matrix';
  return PLACES.filter(([place]) => where.includes(place))
    .map(([, words]) => words)
    .join(', ');
}

const row = (cells: readonly string[]): string => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
