import type { IrcLine } from '../../core/irc/line.ts';
import type { Puppet } from './puppet.ts';

/** What a puppet does about lines that concern it. */
export const HANDLERS: ReadonlyMap<string, (puppet: Puppet, line: IrcLine) => void> = new Map<
  string,
  (puppet: Puppet, line: IrcLine) => void
>([
  ['JOIN', (puppet, line) => puppet.joined(line)],
  ['NICK', (puppet, line) => puppet.renamedFrom(line)],
  ['PONG', (puppet, { params }) => puppet.ponged(params.at(-1) ?? '')],
  [
    'PART',
    (puppet, { source, params }) => {
      if (puppet.link.isMe(source?.nick)) puppet.left(params[0], 'The connection was made to leave the channel.');
    },
  ],
  [
    'KICK',
    (puppet, { source, params }) => {
      if (!puppet.link.isMe(params[1])) return;
      puppet.left(params[0], `${source?.nick ?? 'Somebody'} kicked you out of ${params[0] ?? 'the channel'} on IRC.`);
    },
  ],
]);
