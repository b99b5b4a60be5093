import type { IrcLine } from '../../core/irc/line.ts';
import type { Link } from './link.ts';
import { WATCHDOG } from './watchdog.ts';

type Note = (link: Link, line: IrcLine) => void;

const MAX_SOFTWARE_CHARS = 100;

/** What every connection learns about itself from a line, before its owner sees it. */
export const BOOKKEEPING: ReadonlyMap<string, Note> = new Map<string, Note>([
  [
    'PING',
    (link, { params }) => {
      link.send({ command: 'PONG', params: params.slice(-1) });
    },
  ],
  [
    'PONG',
    (link, { params }) => {
      if (params.at(-1) === WATCHDOG) link.watchdog.answered();
    },
  ],
  [
    '004',
    (link, { params }) => {
      link.software = params[2]?.slice(0, MAX_SOFTWARE_CHARS);
    },
  ],
  ['005', (link, { params }) => link.learnIsupport(params)],
  [
    'NICK',
    (link, { source, params }) => {
      if (link.isMe(source?.nick) && params[0] !== undefined) link.nick = params[0];
    },
  ],
  [
    'JOIN',
    (link, { source }) => {
      if (link.isMe(source?.nick)) link.learnAddress(source?.user, source?.host);
    },
  ],
  [
    'CHGHOST',
    (link, { source, params }) => {
      if (link.isMe(source?.nick)) link.learnAddress(params[0], params[1]);
    },
  ],
  ['396', (link, { params }) => link.learnAddress(undefined, params[1]?.split('@').at(-1))],
  [
    '900',
    (link, { params }) => {
      link.account = params[2] ?? link.account;
    },
  ],
  [
    '901',
    (link) => {
      link.account = null;
    },
  ],
  [
    'ACCOUNT',
    (link, { source, params }) => {
      if (link.isMe(source?.nick)) link.account = params[0] === '*' ? null : (params[0] ?? null);
    },
  ],
  [
    'KILL',
    (link, { params }) => {
      if (link.isMe(params[0])) link.farewell(`Killed (${params.at(-1) ?? ''})`);
    },
  ],
  ['ERROR', (link, { params }) => link.farewell(params.at(-1) ?? '')],
]);
