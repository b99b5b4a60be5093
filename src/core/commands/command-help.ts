import { nearest } from '../text/nearest.ts';
import {
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  type CommandPlace,
  type CommandRow,
  PLACE_WORDS,
} from './command-table.ts';

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
  if (named === '') return names.map((name) => helpLine(name, who)).join('\n');
  const name = names.find((each) => each === named.toLowerCase());
  return name === undefined ? unknownCommand(who, named) : helpLine(name, who);
}

/** What is said where there is no such command: the one that was probably meant, of those that may be used here. */
export function unknownCommand(who: Standpoint, name: string): string {
  const meant = nearest(name, commandsFor(who));
  const hint = meant === undefined ? '' : ` Did you mean \`${said(meant, who)}\`?`;
  return `There is no command ${name.slice(0, MAX_SHOWN)} here.${hint} \`${said('help', who)}\` lists what there is.`;
}

/** Why a command cannot be used here; undefined where it can. What only coordinators may do is refused, and noted, where it is decided. */
export function commandRefusal(who: Standpoint, name: CommandName): string | undefined {
  const { where, who: whom } = COMMANDS[name];
  if (!where.includes(who.place)) {
    if (who.place === 'network') return 'This can only be asked from Matrix.';
    return `Say this in ${where.map((place) => PLACE_WORDS[place]).join(', or in ')}.`;
  }
  return whom === 'admins' && !who.isAdmin
    ? 'This is for the council and the admins named in the configuration.'
    : undefined;
}

const helpLine = (name: CommandName, who: Standpoint): string => {
  const { usage, text } = COMMANDS[name];
  return `${said(name, who)}${usage === '' ? '' : ` ${usage}`}: ${text}`;
};

/** In a private message to the bot nobody needs the prefix. */
const said = (name: CommandName, { place }: Standpoint): string => (place === 'network' ? name : `!causeway ${name}`);
