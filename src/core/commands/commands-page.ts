import { COMMAND_NAMES, COMMANDS, type CommandName, type CommandPlace } from './command-table.ts';

const HEAD = `# Commands

What people can ask of the bridge itself. On Matrix it is said in a room, behind \`!causeway\`; the bot answers with a notice in reply that
calls nobody but whoever asked, and neither question nor answer goes to the channel. On a network it is said to the bot in a private message,
with or without \`!causeway\`, and answered there to that person alone. \`!causeway help\` lists what the asker may use where they are, and a
command that does not exist is answered with the nearest that does. This page is made from the table in
\`src/core/commands/command-table.ts\`, and a test compares them.

| Command | What it does | Who | Where |
|---|---|---|---|
`;

const TAIL = `
Commands marked with * are only listed where an authority says who is a member ([authority.md](authority.md)).
`;

const PLACES: readonly (readonly [CommandPlace, string])[] = [
  ['channel', 'rooms of channels'],
  ['conversation', 'private conversations'],
  ['bot', 'private rooms with the bot'],
  ['house', 'other rooms of the cooperative'],
  ['network', 'private messages on a network'],
];

/** docs/commands.md */
export const commandsPage = (): string => `${HEAD}${COMMAND_NAMES.map(rowOf).join('\n')}\n${TAIL}`;

function rowOf(name: CommandName): string {
  const { usage, text, who, where, needsAuthority } = COMMANDS[name];
  const mark = needsAuthority === undefined ? '' : ' *';
  const said = `\`${name}${usage === '' ? '' : ` ${usage}`}\`${mark}`;
  return `| ${[said, text, who, whereWords(where)].map(inCell).join(' | ')} |`;
}

function whereWords(where: readonly CommandPlace[]): string {
  if (where.length === PLACES.length) return 'everywhere';
  const onMatrix = PLACES.filter(([place]) => place !== 'network');
  if (onMatrix.every(([place]) => where.includes(place))) return 'on Matrix';
  return PLACES.filter(([place]) => where.includes(place))
    .map(([, words]) => words)
    .join(', ');
}

const inCell = (text: string): string => text.replaceAll('|', '\\|');
