import type { IrcLine } from '../irc/line.ts';

const SAID: ReadonlySet<string> = new Set(['PRIVMSG', 'NOTICE']);

/**
 * Whether a line goes on the message of another one, for a connection without `draft/multiline`: there only the first line of a message has tags,
 * and every message has an id of the server's. Facts: docs/freeq.md; test/fakes/freeq/recorded/multiline.txt.
 */
export function continues(first: IrcLine, { command, params, source, tags }: IrcLine): boolean {
  if (!SAID.has(command) || command !== first.command || !first.tags.has('msgid')) return false;
  if (params.length !== 2 || params[0] !== first.params[0] || source?.raw !== first.source?.raw) return false;
  return tags.size === 0 || (tags.size === 1 && tags.has('batch') && tags.get('batch') === first.tags.get('batch'));
}
