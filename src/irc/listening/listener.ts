import type { BridgeError } from '../../core/errors.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import type { ChannelWish } from '../../ports/network.ts';
import { greet } from '../greeting.ts';
import type { OwnNames } from '../identity.ts';
import { PrivateTalk } from '../private-talk.ts';
import { type Session, tickSession } from '../session.ts';
import type { Sightings } from '../speaking/sightings.ts';
import { Link, type LinkEnd } from '../wire/link.ts';
import { makeTurns } from '../wire/turns.ts';
import { sayIfFailed } from '../wire/within.ts';
import { ChannelView } from './channel-view.ts';
import type { ChannelWalls } from './channel-walls.ts';
import { Comeback, lostError, mayBeRestart } from './comeback.ts';
import { Feed } from './feed.ts';
import { Gathering } from './gathering.ts';
import { HeardTyping } from './heard-typing.ts';
import { Hearing } from './hearing.ts';
import { Invitations } from './invitations.ts';
import { Joins, joinLines, type Wished } from './joins.ts';
import { handleItem } from './listener-lines.ts';
import { catchUpToolsOf, type ListenerTools, linkOptionsOf, makeWalls, openSession } from './listener-tools.ts';
import { Outage } from './outage.ts';
import type { Perspective } from './reading.ts';
import { Standing } from './standing.ts';

/** Channels whose history is fetched at the same time. */
const MAX_CATCH_UPS = 6;

/** The one connection whose view of the channels feeds the portals. Always there, or on its way back. */
export class Listener {
  readonly network: NetworkId;
  readonly names: OwnNames;
  readonly sightings: Sightings;
  readonly joins: Joins;
  readonly invitations: Invitations;
  readonly gathering: Gathering;
  readonly privateTalk: PrivateTalk;
  readonly typing: HeardTyping;
  readonly walls: ChannelWalls;
  readonly #tools: ListenerTools;
  readonly #feed: Feed;
  #connecting: Link | undefined;
  session: Session | undefined;
  readonly standing: Standing;
  reconnects = -1;
  readonly #comeback: Comeback;
  readonly #outage: Outage;
  readonly #hearing: Hearing;
  stopped = false;
  readonly #ended = Promise.withResolvers<void>();
  #cancelRetry: (() => void) | undefined;

  constructor(tools: ListenerTools) {
    this.#tools = tools;
    this.network = tools.network;
    this.names = tools.names;
    this.sightings = tools.sightings;
    this.privateTalk = new PrivateTalk(tools.sink);
    this.typing = new HeardTyping(tools.sink);
    this.standing = new Standing(this.nowMs, () => this.changed());
    const { backoffFirstMs, backoffMaxMs, rejoinFirstMs: firstMs, rejoinMaxMs: maxMs, heardMs } = tools.timings;
    this.#outage = new Outage(tools.log);
    this.#comeback = new Comeback(tools.clock, { firstMs: backoffFirstMs, maxMs: backoffMaxMs });
    this.#feed = new Feed(tools.sink, tools.log, (full) => this.#backPressure(full));
    this.walls = makeWalls(tools, this.#feed, () => this.session);
    const turn = makeTurns(() => MAX_CATCH_UPS);
    const { casemapping } = tools.dialect.isupport;
    this.joins = new Joins(tools.clock, { firstMs, maxMs }, casemapping, (channel) => {
      return new ChannelView(channel, {
        feed: this.#feed,
        sink: tools.sink,
        turn,
        catchUpTools: () => catchUpToolsOf(this, tools),
      });
    });
    this.invitations = new Invitations(this.joins, tools.log);
    this.gathering = new Gathering(tools.timings.gatherMs, this.joins);
    this.#hearing = new Hearing({ sink: tools.sink, joins: this.joins, feed: this.#feed, everyMs: heardMs });
  }

  async start(): Promise<void> {
    await this.#hearing.load();
    await this.#connect();
  }

  stop(reason: string): void {
    this.stopped = true;
    this.#cancelRetry?.();
    (this.session?.link ?? this.#connecting)?.quit(reason);
  }

  destroy(): void {
    (this.session?.link ?? this.#connecting)?.destroy('stopped');
  }

  /** Resolves when its connection is closed, after {@link stop}. */
  ended(): Promise<void> {
    return this.#connecting === undefined && this.session === undefined ? Promise.resolve() : this.#ended.promise;
  }

  /** Resolves when all that was read is on disk, and up to when that was. */
  async settled(): Promise<void> {
    await this.#feed.settled();
    await this.#hearing.settled();
  }

  setChannels(wishes: readonly ChannelWish[]): void {
    const dropped = this.joins.set(wishes);
    for (const { channel, state } of dropped) {
      const { session } = this;
      if (state === 'joined') session?.link.send({ command: 'PART', params: [channel] });
      for (const known of [session?.roster, session?.ranks]) known?.leave(channel);
      this.walls.forget(channel);
    }
    this.#askDue();
  }

  tick(nowMs: number): void {
    this.#connecting?.tick(nowMs);
    const { session } = this;
    if (session === undefined) return;
    tickSession(session, nowMs, this.#tools.timings.tickMs);
    const { link, aheadMs } = session;
    if (session.greeted && !link.paused) this.#hearing.tick(nowMs, nowMs + aheadMs, link.isupport.casemapping);
    for (const item of session.assembler.expire(nowMs)) handleItem(this, session, item);
    for (const draft of session.drafts.tick(nowMs)) this.joins.get(draft.channel)?.view.push(draft);
    if (session.greeted) this.walls.tick(session, nowMs);
    if (this.gathering.tick(session, nowMs)) this.changed();
    this.#askDue();
  }

  nowMs = (): number => this.#tools.clock.nowMs();

  changed(): void {
    this.#tools.sink.changed();
  }

  perspective({ link: { isupport, aheadMs } }: Session): Perspective {
    const { network, names } = this;
    return { network, names, isupport, dialect: this.#tools.dialect, nowMs: this.nowMs() + aheadMs };
  }

  /** Work that nobody waits for. */
  inBackground(work: Promise<unknown>): void {
    sayIfFailed(work, this.#tools.log);
  }

  /** Our own JOIN came back. */
  entered(session: Session, channel: string): void {
    const wished = this.joins.get(channel);
    if (wished === undefined) {
      // A forward (470), or a channel of an older configuration: we are in no channel that nobody linked.
      session.link.send({ command: 'PART', params: [channel] });
      return;
    }
    if (wished.state === 'joined') return;
    if (wished.awayFromMs !== undefined) this.#tools.onSightBroken();
    this.joins.entered(wished);
    wished.awayFromMs ??= this.#hearing.entered(channel, session.link.isupport.casemapping);
    this.inBackground(wished.view.joined(wished.awayFromMs));
    this.gathering.entered(wished.channel, this.nowMs());
    this.inBackground(this.walls.ask(session, channel));
    this.#tools.log.info('Listening in a channel.', { channel });
    this.changed();
  }

  /** A connection of one of ours was turned away. */
  keptOut(channel: string, numeric: string): void {
    this.walls.refused(channel, numeric, this.joins.get(channel)?.state === 'joined' ? this.session : undefined);
  }

  expelled(session: Session, channel: string, why: string): void {
    session.roster.leave(channel);
    session.ranks.leave(channel);
    const wished = this.joins.get(channel);
    if (wished === undefined) return;
    this.#tools.onSightBroken();
    this.joins.expelled(wished, why, this.perspective(session).nowMs);
    this.#tools.log.warn(why, { channel });
    this.changed();
  }

  /** The bot became an operator of a channel, or is one no longer. */
  powerChanged(channel: string, canAct: boolean): void {
    this.#tools.log.info(canAct ? 'The bot is an operator now.' : 'The bot is no operator any more.', { channel });
    this.changed();
  }

  /** Somebody gave up a nick: perhaps the one that is ours by configuration, or a person's. */
  nickFreed(session: Session, nick: string): void {
    this.#tools.onNickFreed(nick);
    session.nick.freed(nick, this.nowMs());
  }

  learnedIsupport({ link }: Session): void {
    this.names.setCasemapping(link.isupport.casemapping);
    this.joins.setCasemapping(link.isupport.casemapping);
  }

  async #connect(): Promise<void> {
    if (this.stopped) return;
    const { endpoint, log } = this.#tools;
    this.standing.become('connecting');
    const introduction = await this.#tools.introduce();
    if (this.stopped) return;
    if (!introduction.ok) {
      this.#retry(introduction.error, false);
      return;
    }
    const link: Link = new Link(linkOptionsOf(this.#tools, introduction.value), {
      ready: () => this.#ready(link),
      line: (line) => this.#line(line),
      closed: (end) => this.#closed(end),
    });
    this.#connecting = link;
    log.debug('Connecting to IRC.', { host: endpoint.host, port: endpoint.port });
  }

  #ready(link: Link): void {
    const { config, log } = this.#tools;
    const nowMs = this.nowMs();
    this.#connecting = undefined;
    const session = openSession(this.#tools, link, nowMs);
    this.session = session;
    this.reconnects++;
    this.learnedIsupport(session);
    this.names.hold({ userId: undefined, nick: link.nick });
    if (link.account !== null) this.names.addAccount(link.account);
    this.standing.become('up');
    this.#outage.connected(nowMs, { nick: link.nick, software: link.software });
    this.#tools.onReady(session);
    this.inBackground(
      greet(session, config().bot, nowMs).then((problem) => {
        if (this.session !== session) return;
        session.greeted = true;
        const less = problem ?? this.#tools.dialect.standing(link.account);
        this.standing.problem = less;
        if (less !== undefined) log.warn(less);
        this.#askDue();
        this.changed();
      }),
    );
  }

  #line(line: IrcLine): void {
    const { session } = this;
    if (session === undefined) return;
    const nowMs = this.nowMs();
    if (!session.errands.claims(line) && session.outgoing.take(line)) return;
    for (const item of session.assembler.push(line, nowMs)) handleItem(this, session, item);
  }

  #closed(end: LinkEnd): void {
    const { session } = this;
    this.#connecting = undefined;
    this.session = undefined;
    if (session !== undefined) {
      const nowMs = this.nowMs();
      this.names.release(session.link.nick, nowMs);
      const heardMs = end.heardMs + session.aheadMs;
      this.gathering.lost(session, nowMs);
      this.joins.lost(heardMs);
      this.#hearing.note(heardMs, session.link.isupport.casemapping);
      session.replies.closed();
      session.outgoing.closed(end.error?.text);
      this.#comeback.lost(session.readyMs);
      this.#tools.onLost();
    }
    if (this.stopped) {
      this.#ended.resolve();
      this.standing.become('down');
      return;
    }
    this.#retry(end.error ?? lostError(this.#tools.endpoint, end), mayBeRestart(end));
  }

  /** @param isPerhapsRestart nothing speaks against trying often for a while */
  #retry(error: BridgeError, isPerhapsRestart: boolean): void {
    const { clock } = this.#tools;
    this.standing.become(isPerhapsRestart ? 'down' : 'refused', error.text);
    const waitMs = this.#comeback.waitMs(isPerhapsRestart, error);
    this.#outage.failed(error, this.nowMs(), { waitMs });
    this.#cancelRetry = clock.after(waitMs, () => this.inBackground(this.#connect()));
  }

  #askDue(): void {
    const { session } = this;
    if (session?.greeted !== true) return;
    const due: readonly Wished[] = this.joins.due(this.nowMs(), this.#tools.timings.answerMs);
    session.link.sendAll(joinLines(due, session.link.isupport));
  }

  #backPressure(full: boolean): void {
    const link = this.session?.link;
    if (full) link?.pause();
    else link?.resume();
  }
}
