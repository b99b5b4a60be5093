import { nearest } from '../text/nearest.ts';
import { type CommandPlace, type CommandRow, ON_MATRIX } from './command-row.ts';
import { argumentsIn, COMMAND_NAMES, COMMANDS, type CommandName, PLACE_WORDS } from './command-table.ts';
import { said, usage } from './command-usage.ts';

/** As much of somebody who asks as decides what they may ask. */
export type Standpoint = {
  readonly place: CommandPlace;
  readonly isAdmin: boolean;
  readonly isCoordinator: boolean;
  /** Somebody says who is a member. */
  readonly hasAuthority: boolean;
};

const MAX_SHOWN = 40;

/** Commands from which something follows for this person in this place. */
export const commandsFor = (who: Standpoint): readonly CommandName[] =>
  COMMAND_NAMES.filter((name) => {
    const row = COMMANDS[name];
    return row.where.includes(who.place) && isMeant(row, who) && (who.hasAuthority || row.needsAuthority === undefined);
  });

const isMeant = (row: CommandRow, { isAdmin, isCoordinator }: Standpoint): boolean => {
  const by = { everybody: true, coordinators: isCoordinator || isAdmin, admins: isAdmin };
  return by[row.who];
};

/**
 * The answer to `help`: a line for each command that this person may use here, or the one that they name.
 * @param named what they want to know of
 */
export function helpText(who: Standpoint, named = ''): string {
  const names = commandsFor(who);
  if (named === '') return names.map((name) => helpLine(name, who.place)).join('\n');
  const name = names.find((each) => each === named.toLowerCase());
  if (name === undefined) return unknownCommand(who, named);
  return [helpLine(name, who.place), ...argumentLines(name, who.place)].join('\n');
}

/** What is said where there is no such command: the one that was probably meant, of those that may be used here. */
export function unknownCommand(who: Standpoint, name: string): string {
  const meant = nearest(name, commandsFor(who));
  const hint = meant === undefined ? '' : ` Did you mean \`${said(meant, who.place)}\`?`;
  return `There is no command ${name.slice(0, MAX_SHOWN)} here.${hint} \`${said('help', who.place)}\` lists what there is.`;
}

/** Why a command cannot be used here; undefined where it can. What only coordinators may do is refused, and noted, where it is decided. */
export function commandRefusal(who: Standpoint, name: CommandName): string | undefined {
  const { where, who: whom, needsAuthority } = COMMANDS[name];
  if (!where.includes(who.place)) {
    if (where.every((place) => place === 'terminal'))
      return `Say \`${said(name, 'terminal')}\` in ${PLACE_WORDS.terminal}.`;
    if (who.place === 'network') return 'This can only be asked from Matrix.';
    return `Say this in ${placesWords(where.filter((place) => place !== 'terminal')).join(', or in ')}.`;
  }
  if (needsAuthority === true && !who.hasAuthority)
    return 'This bridge asks no authority (authority.source: none): it lets everybody in.';
  return whom === 'admins' && !who.isAdmin
    ? 'This is for the council and the admins named in the configuration.'
    : undefined;
}

const placesWords = (where: readonly CommandPlace[]): readonly string[] => {
  if (!ON_MATRIX.every((place) => where.includes(place))) return where.map((place) => PLACE_WORDS[place]);
  return ['a room of the bridge on Matrix', ...(where.includes('network') ? [PLACE_WORDS.network] : [])];
};

/** What each word behind a command is. */
export const argumentLines = (name: CommandName, place: CommandPlace): readonly string[] =>
  argumentsIn(name, place).map((word) => `${word.name}: ${word.is}`);

/** What a command does, in that place. */
export const textIn = (name: CommandName, place: CommandPlace): string => {
  const { text, terminalText } = COMMANDS[name];
  return place === 'terminal' ? (terminalText ?? text) : text;
};

const helpLine = (name: CommandName, place: CommandPlace): string => `${usage(name, place)}: ${textIn(name, place)}`;
