import type { Assembled } from '../../core/irc/batch-parts.ts';
import { messagesOf } from '../../core/irc/batch-parts.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import { isChannelName } from '../../core/irc/isupport.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { isNetsplitReason } from '../../core/irc/netsplit.ts';
import { holdsOp } from '../guard.ts';
import type { Session } from '../session.ts';
import { ownTagOf } from '../speaking/speech.ts';
import { isHistoryBatch } from './history-desk.ts';
import { isJoinRefusal } from './joins.ts';
import type { Listener } from './listener.ts';
import { modesAre, modesChanged, thrownOut } from './mode-lines.ts';
import { naming } from './naming.ts';
import { readMessage, readStandingTopic, readTopic, type Spoken } from './reading.ts';
import { readDeletion, readPin, readReaction, readTyping } from './reading-gestures.ts';

type Handler = (listener: Listener, session: Session, spoken: Spoken) => void;

/** Gives one assembled item its meaning. */
export function handleItem(listener: Listener, session: Session, item: Assembled): void {
  if (session.replies.take(item)) return;
  if (item.kind !== 'batch') {
    const { command } = item.line;
    if (isJoinRefusal(command)) joinRefused(listener, item.line);
    else HANDLERS.get(command)?.(listener, session, item);
  } else if (isHistoryBatch(item.batch)) {
    // Nobody asked for it: what a server replays by itself when we join.
    listener.joins.get(item.batch.params[0] ?? '')?.view.replayed(messagesOf(item));
  } else for (const inner of item.items) handleItem(listener, session, inner);
}

const message: Handler = (listener, session, spoken) => {
  const { line } = spoken;
  const view = listener.perspective(session);
  const [target = '', body = ''] = line.params;
  if (!isChannelName(target, view.isupport) && session.link.isMe(target)) {
    privately(listener, session, line, body);
    return;
  }
  const pin = readPin(line, view, () => naming(session));
  if (pin !== undefined) {
    listener.joins.get(pin.channel)?.view.push(pin);
    return;
  }
  learnAccount(listener, session, spoken);
  const read = readMessage(spoken, view, naming(session));
  if (read === undefined) return;
  if (read.own) {
    const msgid = view.dialect.isFiled(line) ? line.tags.get('msgid') : undefined;
    listener.sightings.saw(read.channel, read.source.nick, body, msgid, ownTagOf(line.tags));
  }
  const wished = listener.joins.get(read.channel);
  for (const each of session.drafts.take(read, listener.nowMs())) wished?.view.push(each);
};

/** What each line of theirs says of their account is newer than what we were told before; what another server says is no account here. */
function learnAccount(listener: Listener, session: Session, { line, batch }: Spoken): void {
  const { dialect, isupport } = listener.perspective(session);
  if (batch !== undefined || !session.link.hasCap('account-tag')) return;
  const source = dialect.sourceOf(line, isupport);
  if (source?.user === undefined || source.origin !== undefined) return;
  const account = source.account ?? dialect.untold;
  if (account !== undefined) session.roster.accountChanged(source.nick, account);
}

function privately(listener: Listener, session: Session, line: IrcLine, body: string): void {
  const { command, source } = line;
  const { dialect, isupport } = listener.perspective(session);
  const speaker = dialect.sourceOf(line, isupport);
  if (command !== 'PRIVMSG' || source?.user === undefined || listener.names.ownerOf(source.nick) !== undefined) return;
  // A notice to somebody of another server may arrive there as a message: two programs would answer each other for ever.
  if (speaker === undefined || speaker.origin !== undefined || speaker.actor === 'agent') return;
  // What was asked is answered once. Nobody looks who may replace a message of which the server knows nothing.
  if (dialect.tags.edits(line.tags) !== undefined) return;
  const answer = session.ctcp.answer(source.nick, body, listener.nowMs());
  if (answer !== undefined) session.link.send(answer);
  // Only what the server itself says with this line counts: a nick may have changed hands since anything else was said.
  const account = session.link.hasCap('account-tag') ? (speaker.account ?? null) : null;
  const say = (lines: readonly OutgoingLine[]): Promise<unknown> => session.errands.run(lines);
  listener.inBackground(listener.privateTalk.reply(line, account, listener.nowMs(), say));
}

function joinRefused(listener: Listener, { command, params }: IrcLine): void {
  const wished = listener.joins.get(params[1] ?? '');
  if (wished === undefined) return;
  listener.joins.refused(wished, command, params.at(-1) ?? '');
  listener.walls.refused(wished.channel, command);
  listener.changed();
}

/** Whether only another server says who somebody is: then nothing that it says of an account makes them anybody here. */
const isRelayed = (listener: Listener, session: Session, line: IrcLine): boolean =>
  originOf(listener, session, line) !== undefined;

function originOf(listener: Listener, session: Session, line: IrcLine): string | undefined {
  const { dialect, isupport } = listener.perspective(session);
  return dialect.sourceOf(line, isupport)?.origin;
}

/** Whether a line tells of somebody of another server who has the nick of one of ours, or of somebody of this server. */
function isNamesake(listener: Listener, session: Session, line: IrcLine): boolean {
  const nick = line.source?.nick;
  if (nick === undefined || !isRelayed(listener, session, line)) return false;
  return session.link.isMe(nick) || listener.names.ownerOf(nick) !== undefined || session.roster.isHere(nick);
}

const join: Handler = (listener, session, { line }) => {
  const { source, params } = line;
  const channel = params[0];
  if (source === undefined || channel === undefined) return;
  const origin = originOf(listener, session, line);
  if (origin !== undefined) session.roster.join(channel, source.nick, undefined, origin);
  else if (session.link.isMe(source.nick)) listener.entered(session, channel);
  else if (session.link.hasCap('extended-join')) {
    session.roster.join(channel, source.nick, params[1] === '*' ? null : params[1]);
  } else if (session.link.hasCap('account-tag') || !session.link.isupport.whox) {
    session.roster.join(channel, source.nick, line.tags.get('account') ?? null);
  } else {
    session.roster.join(channel, source.nick, undefined);
    session.who.again(channel, listener.nowMs());
  }
};

const part: Handler = (listener, session, { line }) => {
  const { source, params } = line;
  const channel = params[0];
  if (source === undefined || channel === undefined || isNamesake(listener, session, line)) return;
  session.ranks.part(channel, source.nick);
  ownMoved(listener, source.nick);
  if (!session.link.isMe(source.nick)) session.roster.part(channel, source.nick);
  else listener.expelled(session, channel, `The bot was made to leave ${channel}; it comes back after a while.`);
};

const kick: Handler = (listener, session, { line }) => {
  const { source, params } = line;
  const [channel, victim, reason = ''] = params;
  if (channel === undefined || victim === undefined) return;
  if (session.link.isMe(victim)) {
    const by = source?.nick ?? 'the server';
    const text = `The bot was kicked from ${channel} by ${by} (${reason.slice(0, 200)}); it comes back after a while. Talk to the channel's operators.`;
    listener.expelled(session, channel, text);
    return;
  }
  session.ranks.part(channel, victim);
  ownMoved(listener, victim);
  session.roster.part(channel, victim);
  const userId = listener.names.ownerOf(victim)?.userId;
  // Servers put the nick where no reason was given.
  if (userId !== undefined)
    thrownOut(listener, session, line, { channel, userId, reason: reason === victim ? '' : reason });
};

/** What one of ours held in a channel goes with them. Others keep nothing by which they could speak, gone as they are. */
function ownMoved({ names, walls }: Listener, nick: string): void {
  if (names.ownerOf(nick) !== undefined) walls.peopleMoved();
}

const topic: Handler = (listener, session, { line }) => {
  const event = readTopic(line, listener.perspective(session), naming(session));
  if (event !== undefined) listener.joins.get(event.channel)?.view.push(event);
};

const standingTopic: Handler = (listener, session, { line }) => {
  const event = readStandingTopic(line, listener.perspective(session), naming(session));
  if (event !== undefined) listener.joins.get(event.channel)?.view.push(event);
};

const tagmsg: Handler = (listener, session, { line }) => {
  const view = listener.perspective(session);
  const typing = readTyping(line, view);
  if (typing !== undefined) listener.typing.heard(typing.channel, typing.source, typing.active, listener.nowMs());
  const name = () => naming(session);
  const event = readReaction(line, view, name) ?? readDeletion(line, view, name);
  if (event !== undefined) listener.joins.get(event.channel)?.view.push(event);
};

const redact: Handler = (listener, session, { line }) => {
  const event = readDeletion(line, listener.perspective(session), () => naming(session));
  if (event !== undefined) listener.joins.get(event.channel)?.view.push(event);
};

const namesEnd: Handler = (listener, session, { line }) => {
  const channel = line.params[1] ?? '';
  const couldAct = holdsOp(session, channel);
  session.roster.namesEnd(channel);
  session.ranks.namesEnd(channel);
  listener.walls.peopleChanged(channel);
  const canAct = holdsOp(session, channel);
  if (couldAct !== canAct) listener.powerChanged(channel, canAct);
  if (listener.joins.get(channel) !== undefined) session.who.add(channel, listener.nowMs());
};

const quit: Handler = (listener, session, spoken) => {
  const { source, params } = spoken.line;
  if (source === undefined || isNamesake(listener, session, spoken.line)) return;
  const isSplit = spoken.batch?.type === 'netsplit' || isNetsplitReason(params[0] ?? '');
  listener.gathering.quit(session.roster.channelsOf(source.nick), listener.nowMs());
  session.roster.quit(source.nick, isSplit);
  session.ranks.quit(source.nick);
  ownMoved(listener, source.nick);
  listener.names.seenLeaving(source.nick, listener.nowMs());
  listener.nickFreed(session, source.nick);
};

const nick: Handler = (listener, session, { line }) => {
  const { source, params } = line;
  const to = params[0];
  if (source === undefined || to === undefined || isNamesake(listener, session, line)) return;
  // The link has taken our own new nick already.
  if (session.link.isMe(to) && !isRelayed(listener, session, line))
    listener.names.renamed(source.nick, { userId: undefined, nick: to }, listener.nowMs());
  listener.names.seenLeaving(source.nick, listener.nowMs(), to);
  session.roster.rename(source.nick, to);
  session.ranks.rename(source.nick, to);
  listener.nickFreed(session, source.nick);
};

const names: Handler = (_, session, { line: { params } }) => {
  const [, , channel = '', list = ''] = params;
  session.roster.names(channel, list, session.link.isupport);
  session.ranks.names(channel, list, session.link.isupport);
};

/** Without a text they are back; `*` is one that nobody gave (IRCv3 away-notify, pre-away). Of namesakes elsewhere nothing is said here. */
const away: Handler = (listener, session, { line }) => {
  const [text = ''] = line.params;
  if (line.source !== undefined && !isRelayed(listener, session, line))
    session.roster.away(line.source.nick, text === '' ? undefined : text === '*' ? '' : text);
};

const invite: Handler = ({ invitations, nowMs }, { link }, { line }) => {
  if (link.isMe(line.params[0] ?? '')) invitations.take(line, link.isupport, nowMs());
};

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['PRIVMSG', message],
  ['NOTICE', message],
  ['JOIN', join],
  ['INVITE', invite],
  ['PART', part],
  ['KICK', kick],
  ['TAGMSG', tagmsg],
  ['REDACT', redact],
  ['TOPIC', topic],
  ['QUIT', quit],
  ['NICK', nick],
  [
    'ACCOUNT',
    (listener, session, { line }) => {
      const account = line.params[0];
      if (line.source !== undefined && !isRelayed(listener, session, line))
        session.roster.accountChanged(line.source.nick, account === '*' ? null : (account ?? null));
    },
  ],
  ['AWAY', away],
  ['005', (listener, session) => listener.learnedIsupport(session)],
  ['MODE', modesChanged],
  ['324', modesAre],
  ['332', standingTopic],
  ['353', names],
  ['366', namesEnd],
  ['352', (_, session, { line }) => session.who.plainReply(line.params)],
  ['354', (_, session, { line }) => session.who.reply(line.params)],
  [
    '315',
    (listener, session, { line: { params } }) => {
      session.who.end(params[1] ?? '', listener.nowMs());
      listener.walls.peopleChanged(params[1] ?? '');
    },
  ],
]);
