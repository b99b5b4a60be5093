import { keyFromRaw } from './did-key.ts';
import { takeTagmsg } from './edits.ts';
import { takeChathistory } from './history.ts';
import { takeJoin, takeNames, takePart } from './join.ts';
import { completeRegistration, takeAuthenticate, takeCap } from './login.ts';
import { takeMessage } from './messages.ts';
import { takeMode } from './modes.ts';
import { absorb, openBatchOf, takeBatch } from './multiline.ts';
import { takeNick } from './nick.ts';
import { takeInvite, takeKick, takePin, takePins, takeTopic } from './operators.ts';
import { takePolicy } from './policy.ts';
import { takeAway, takeList, takeMsgsig, takeWho, takeWhois } from './queries.ts';
import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import { keyId } from './signed-document.ts';
import type { Line } from './wire.ts';

type Command = {
  readonly run: (server: FreeqServer, session: Session, line: Line) => void;
  /** Also before the welcome. */
  readonly early?: true;
};

const message = (server: FreeqServer, session: Session, line: Line): void => {
  if (!absorb(server, session, line)) takeMessage(server, session, line);
};

function takeUser(server: FreeqServer, session: Session, { params }: Line): void {
  const [user, , , realname] = params;
  if (user === undefined || realname === undefined) return;
  session.user = user;
  session.realname = realname;
  completeRegistration(server, session);
}

function registerKey(server: FreeqServer, session: Session, line: Line): void {
  takeMsgsig(server, session, line, (raw) => {
    const key = keyFromRaw(raw);
    const keys = server.store.signingKeys.get(session.did ?? '') ?? new Map();
    server.store.signingKeys.set(session.did ?? '', keys.set(keyId(key), key));
  });
}

function registerAgent(_server: FreeqServer, session: Session, { params }: Line): void {
  const [subcommand = '', ...rest] = params;
  if (subcommand.toUpperCase() !== 'REGISTER') return;
  session.actorClass = /class=([a-z_]+)/.exec(rest.join(' '))?.[1] ?? 'agent';
}

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['CAP', { run: takeCap, early: true }],
  ['AUTHENTICATE', { run: takeAuthenticate, early: true }],
  ['NICK', { run: takeNick, early: true }],
  ['USER', { run: takeUser, early: true }],
  [
    'PING',
    { run: (server, session, { params }) => server.answer(session, 'PONG', server.name, params[0] ?? ''), early: true },
  ],
  ['PONG', { run: () => undefined, early: true }],
  ['QUIT', { run: (_server, session) => session.close(), early: true }],
  ['JOIN', { run: takeJoin }],
  ['PART', { run: takePart }],
  ['NAMES', { run: takeNames }],
  ['MODE', { run: takeMode }],
  ['KICK', { run: takeKick }],
  ['INVITE', { run: takeInvite }],
  ['TOPIC', { run: takeTopic }],
  ['PIN', { run: takePin }],
  ['UNPIN', { run: takePin }],
  ['PINS', { run: takePins }],
  ['POLICY', { run: takePolicy }],
  ['PRIVMSG', { run: message }],
  ['NOTICE', { run: message }],
  ['TAGMSG', { run: takeTagmsg }],
  ['BATCH', { run: takeBatch }],
  ['MSGSIG', { run: registerKey }],
  ['CHATHISTORY', { run: takeChathistory }],
  ['WHOIS', { run: takeWhois }],
  ['WHO', { run: takeWho }],
  ['LIST', { run: takeList }],
  ['AWAY', { run: takeAway }],
  ['AGENT', { run: registerAgent }],
]);

const NEVER_FLOOD = new Set('JOIN CHATHISTORY WHOIS PING PONG MODE WHO NAMES LOGIN'.split(' '));

/** Lines that the bucket for commands does not count: a multiline batch from its opening to its end too. */
const isExempt = (session: Session, line: Line): boolean =>
  NEVER_FLOOD.has(line.command) ||
  (line.command === 'BATCH' && session.caps.has('draft/multiline')) ||
  openBatchOf(session, line) !== undefined;

const COMMANDS_PER_SECOND = 10;

/** Ten commands at once and ten a second more: what is over is lost, each with a notice. */
export function isFlood(server: FreeqServer, session: Session, line: Line): boolean {
  if (!session.registered || isExempt(session, line)) return false;
  const nowMs = server.clock.nowMs();
  const refilled = session.commandTokens + ((nowMs - session.commandsAtMs) / 1000) * COMMANDS_PER_SECOND;
  session.commandsAtMs = nowMs;
  session.commandTokens = Math.min(COMMANDS_PER_SECOND, refilled);
  if (session.commandTokens >= 1) {
    session.commandTokens--;
    return false;
  }
  server.answer(session, 'NOTICE', '*', 'Flood protection: you are sending commands too fast');
  return true;
}
