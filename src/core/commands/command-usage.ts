import type { CommandPlace } from './command-row.ts';
import { argumentsIn, type CommandName } from './command-table.ts';

/** What somebody types for it there; in a private message to the bot nobody needs the prefix. */
export function said(name: CommandName, place: CommandPlace): string {
  if (place === 'network') return name;
  return place === 'terminal' ? `causeway ${name}` : `!causeway ${name}`;
}

/** {@link said} with the words behind it. */
export function usage(name: CommandName, place: CommandPlace): string {
  const words = argumentsIn(name, place).map((word) => (word.optional === true ? `[${word.name}]` : word.name));
  return [said(name, place), ...words].join(' ');
}
