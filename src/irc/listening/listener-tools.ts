import type { NetworkConfig } from '../../config/schema-network.ts';
import type { Result } from '../../core/errors.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Failpoint } from '../../ports/failpoint.ts';
import type { Log } from '../../ports/log.ts';
import type { NetworkSink } from '../../ports/network.ts';
import type { Dialect } from '../dialect.ts';
import type { OwnNames } from '../identity.ts';
import { makeSession, type Session } from '../session.ts';
import type { OutgoingTools } from '../speaking/outgoing.ts';
import type { Sightings } from '../speaking/sightings.ts';
import type { Link, LinkOptions } from '../wire/link.ts';
import type { Introduction } from '../wire/registration.ts';
import type { ServerFacts } from '../wire/server-facts.ts';
import type { Timings } from '../wire/timings.ts';
import type { Endpoint } from '../wire/transport.ts';
import type { CatchUpTools } from './catch-up.ts';
import { ChannelWalls } from './channel-walls.ts';
import type { Feed } from './feed.ts';
import type { Listener } from './listener.ts';
import { Roster } from './roster.ts';
import { speakersOf } from './speakers-of.ts';

export type ListenerTools = {
  readonly network: NetworkId;
  /** As it was read last: some of it changes by a reload. */
  readonly config: () => NetworkConfig;
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  /** Made anew for every attempt: tokens are short-lived. */
  readonly introduce: () => Promise<Result<Introduction>>;
  readonly sink: NetworkSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly failpoint: Failpoint;
  readonly timings: Timings;
  readonly facts: ServerFacts;
  readonly names: OwnNames;
  readonly sightings: Sightings;
  readonly outgoing: Omit<OutgoingTools, 'sightings'>;
  /** Registered, and about to join: others may connect now. */
  readonly onReady: (session: Session) => void;
  readonly onLost: () => void;
  /** From now on it sees again what it did not see for a while. */
  readonly onSightBroken: () => void;
  /** Somebody gave this nick up. */
  readonly onNickFreed: (nick: string) => void;
};

export function linkOptionsOf(tools: ListenerTools, introduction: Introduction): LinkOptions {
  const { clock, dialect, endpoint, facts, log, timings } = tools;
  const { registrationMs, idleMs, deadMs, quitMs } = timings;
  return {
    dialect,
    endpoint: { ...endpoint, ...introduction.certificate },
    introduction,
    wishes: dialect.listenerCaps,
    facts,
    clock,
    log,
    timings: { registrationMs, idleMs, deadMs, quitMs },
  };
}

/** A connection was let in: nothing of an earlier one holds. */
export function openSession(tools: ListenerTools, link: Link, nowMs: number): Session {
  const { dialect, names, outgoing, sink, timings } = tools;
  const { bot, presence } = tools.config();
  const roster = new Roster(
    (channel, change) => sink.roster(channel, change),
    (nick) => names.ownerOf(nick) !== undefined,
    dialect.knownAs,
  );
  roster.reset(link.isupport.casemapping);
  const more = { answerMs: timings.answerMs, wantsAway: presence.toMatrix, sightings: undefined };
  return makeSession(link, roster, { ...outgoing, ...more }, bot.nick, nowMs);
}

/** They do not wait for history: whoever may come in is decided now. */
export const makeWalls = (tools: ListenerTools, feed: Feed, session: () => Session | undefined): ChannelWalls =>
  new ChannelWalls({
    network: tools.network,
    clock: tools.clock,
    policyMs: tools.timings.policyMs,
    ...tools.dialect.walls,
    tell: (event) => feed.push(event),
    speakers: (channel) => speakersOf(session(), tools.names, channel),
    isHeardForAll: (channel) => tools.config().puppets.mode === 'relay' && mayBeHeard(session(), channel),
  });

/** Whether our own bot may speak there, whatever the modes. */
const mayBeHeard = (session: Session | undefined, channel: string): boolean =>
  session !== undefined && session.ranks.of(channel, session.link.nick) !== '';

/** What fetching history needs; undefined while there is no connection. */
export function catchUpToolsOf(listener: Listener, tools: ListenerTools): Omit<CatchUpTools, 'replayed'> | undefined {
  const { session } = listener;
  if (session === undefined) return undefined;
  const { failpoint, log, sink, timings } = tools;
  return {
    link: session.link,
    replies: session.replies,
    sink,
    log,
    failpoint,
    perspective: () => listener.perspective(session),
    deadlineMs: () => listener.nowMs() + timings.answerMs,
    maxLines: tools.config().history.maxLines,
  };
}
