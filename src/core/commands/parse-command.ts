import type { MatrixEvent } from '../events.ts';

/** What somebody asks of the bridge in a room or in a private message. */
export type Command = { readonly name: string; readonly words: readonly string[] };

const PREFIX = '!causeway';
const MAX_WORDS = 20;

/**
 * @param text of a message; in a private one the prefix may be left out
 * @returns undefined for what is no command
 */
export function parseCommand(text: string, isPrivate = false): Command | undefined {
  const [first = '', ...rest] = text.trim().split(/\s+/, MAX_WORDS);
  const hasPrefix = first.toLowerCase() === PREFIX;
  if (!hasPrefix && !isPrivate) return undefined;
  const [name = 'help', ...words] = hasPrefix ? rest : [first, ...rest];
  return { name: name.toLowerCase(), words };
}

/** Whether a command holds an assertion: what lets somebody in stands in no database and stays in no room. */
export const isVisit = ({ type, content: { body } }: MatrixEvent): boolean =>
  type === 'm.room.message' && typeof body === 'string' && parseCommand(body)?.name === 'visit';

/** Whether an event is a command or an answer to a request: it is for the bridge, and goes to no channel. */
export function isForBridge(event: MatrixEvent): boolean {
  if (event.type === 'm.reaction') return true;
  const { body } = event.content;
  return event.type === 'm.room.message' && typeof body === 'string' && parseCommand(body) !== undefined;
}
