import type { NetworkKick } from '../../core/events.ts';
import { isChannelName } from '../../core/irc/isupport.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { parseModes } from '../../core/irc/modes.ts';
import { holdsOp } from '../guard.ts';
import type { Session } from '../session.ts';
import type { Listener } from './listener.ts';
import { naming } from './naming.ts';
import { nameLine, type Spoken, timeOf } from './reading.ts';
import { readQuiets } from './reading-quiets.ts';

type Handler = (listener: Listener, session: Session, spoken: Spoken) => void;

/** `:op MODE #c +mv bob` */
export const modesChanged: Handler = (listener, session, { line }) => {
  const [channel = '', ...change] = line.params;
  const { link, ranks } = session;
  if (!isChannelName(channel, link.isupport) || listener.joins.get(channel) === undefined) return;
  const { changes, exact } = parseModes(change, link.isupport);
  const couldAct = holdsOp(session, channel);
  ranks.changed(channel, changes, link.isupport);
  listener.walls.changed(channel, changes);
  for (const { sign, letter, param = '' } of changes)
    if (session.link.dialect.bansRemove && sign === '+' && letter === 'b')
      for (const userId of listener.names.hitBy(param))
        thrownOut(listener, session, line, { channel, userId, reason: 'banned' });
  const { epoch } = session;
  const quiets = readQuiets(line, changes, listener.perspective(session), { epoch, number: ++session.named });
  for (const event of quiets) listener.joins.get(channel)?.view.push(event);
  if (!exact) {
    // Whom the rest was about cannot be told: the list of names says who holds what, and the channel how it stands.
    link.send({ command: 'NAMES', params: [channel] });
    session.modes.add(channel, listener.nowMs());
  }
  if (couldAct !== holdsOp(session, channel)) listener.powerChanged(channel, !couldAct);
};

/** `324 me #c +nt` */
export const modesAre: Handler = (listener, session, { line: { params } }) => {
  const [, channel = '', letters = ''] = params;
  session.modes.answered(channel, listener.nowMs());
  if (listener.joins.get(channel) !== undefined) listener.walls.are(channel, letters);
};

type ThrownOut = Pick<NetworkKick, 'channel' | 'userId' | 'reason'>;

/** One of our people was put out of a channel. */
export function thrownOut(
  listener: Listener,
  session: Session,
  line: IrcLine,
  { channel, userId, reason }: ThrownOut,
): void {
  const timeMs = timeOf(line, listener.nowMs());
  const event: NetworkKick = {
    kind: 'kick',
    network: listener.network,
    channel,
    key: nameLine(line, naming(session), timeMs),
    timeMs,
    replayed: false,
    source: { nick: line.source?.nick ?? '' },
    userId,
    reason: reason.slice(0, 1000),
  };
  listener.joins.get(channel)?.view.push(event);
}
