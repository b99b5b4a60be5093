import type { NetworkConfig } from '../../config/schema-network.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import { backoffMs } from '../../core/pace.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { NetworkSink, Person } from '../../ports/network.ts';
import { Outage } from '../listening/outage.ts';
import { ConnectPace } from '../wire/connect-pace.ts';
import type { LinkEnd } from '../wire/link.ts';
import type { Introduction } from '../wire/registration.ts';
import type { Timings } from '../wire/timings.ts';
import { makeTurns } from '../wire/turns.ts';
import { within } from '../wire/within.ts';
import { Blocks } from './blocks.ts';
import { AWAY, blockedWords, full, HOPELESS } from './pool-errors.ts';
import { Puppet, type PuppetTools } from './puppet.ts';

/** What is known of a person's puppet whether it is connected or not. */
export type Known = { readonly nick: string; readonly account: string | null; readonly prefix: string | null };

export type PoolTools = Omit<PuppetTools, 'seen' | 'ended'> & {
  readonly config: () => NetworkConfig;
  readonly sink: Pick<NetworkSink, 'puppetSeen' | 'changed'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: Timings;
  /** Whether the listener is there: puppets come after it, so that it gets the channels first. */
  readonly networkUp: () => boolean;
  readonly introduce: (person: Person, known: Known | undefined) => Promise<Result<Introduction>>;
};

/** A person who has a connection or shall have one. */
type Seat = {
  person: Person;
  puppet: Puppet | undefined;
  /** Connecting, whoever asked. */
  opening: Promise<Result<Puppet>> | undefined;
  /** Channels to be in again after a reconnect. */
  channels: Set<string>;
  failures: number;
  killedMs: number[];
};

/** Tries in a row before the relay takes over for a while. */
const MAX_TRIES = 4;
const RETRY = { firstMs: 300, maxMs: 4000, floor: 0.3 };
/** An oper who kills a connection so often means it. */
const MAX_KILLS = 3;
const KILLS_WITHIN_MS = 600_000;

/** The connections of people: opened when needed, a bounded number at a time, and opened again when lost. */
export class Pool {
  readonly #tools: PoolTools;
  readonly #seats = new Map<string, Seat>();
  readonly #known = new Map<string, Known>();
  readonly #turn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly #pace: ConnectPace;
  readonly #outage: Outage;
  readonly #blocks: Blocks;
  #stopped = false;

  constructor(tools: PoolTools) {
    this.#tools = tools;
    this.#outage = new Outage(tools.log);
    this.#blocks = new Blocks(tools.clock, tools.timings);
    this.#turn = makeTurns(() => tools.config().puppets.reconnectsAtOnce);
    this.#pace = new ConnectPace(tools.clock, () => tools.config().puppets.connectPerSecond);
  }

  get counts(): { readonly connected: number; readonly wanted: number } {
    let connected = 0;
    for (const { puppet } of this.#seats.values()) if (puppet?.link.ready === true) connected++;
    return { connected, wanted: this.#seats.size };
  }

  /** Why people have no connection of their own, where that is so. */
  get problem(): string | undefined {
    const blocked = [...this.#seats.keys()].flatMap((userId) => {
      const why = this.#blocks.of(userId);
      return why === undefined ? [] : [{ userId, ...why }];
    });
    return blockedWords(blocked, this.#tools.clock.nowMs());
  }

  remember(userId: string, known: Known): void {
    this.#known.set(userId, known);
  }

  known(userId: string): Known | undefined {
    return this.#known.get(userId);
  }

  /** Whether this account belongs to nobody else here. */
  isFreeAccount(account: string, userId: string): boolean {
    const folded = account.toLowerCase();
    for (const [owner, known] of this.#known) {
      if (owner !== userId && known.account?.toLowerCase() === folded) return false;
    }
    return true;
  }

  puppetOf(userId: string): Puppet | undefined {
    const puppet = this.#seats.get(userId)?.puppet;
    return puppet?.link.ready === true ? puppet : undefined;
  }

  /** The person's connection, once it is there. */
  connect(person: Person): Promise<Result<Puppet>> {
    const { config } = this.#tools;
    let seat = this.#seats.get(person.userId);
    if (seat?.puppet?.link.ready === true) return Promise.resolve(ok(seat.puppet));
    if (seat?.opening !== undefined) return seat.opening;
    const blocked = this.#blocks.of(person.userId);
    if (blocked !== undefined) return Promise.resolve(fail(blocked.error));
    if (seat === undefined) {
      const { max } = config().puppets;
      if (this.#seats.size >= max) return Promise.resolve(fail(full(max)));
      seat = { person, puppet: undefined, opening: undefined, channels: new Set(), failures: 0, killedMs: [] };
      this.#seats.set(person.userId, seat);
    }
    seat.person = person;
    return this.#open(seat, 0);
  }

  /** Everybody who was connected before the network went away. */
  reconnect(): void {
    this.#blocks.networkBack();
    for (const seat of this.#seats.values()) this.#openAgain(seat);
  }

  /** The person left a channel; without any, their connection ends. */
  leave(userId: string, channel: string, reason: string): void {
    const seat = this.#seats.get(userId);
    if (seat === undefined) return;
    seat.puppet?.leave(channel, reason);
    seat.channels.delete(channel);
    if (seat.puppet === undefined ? seat.channels.size === 0 : seat.puppet.channels.length === 0) {
      this.#close(seat, reason);
    }
  }

  /** Their connection ends now, wherever it is. Resolves when it has ended, at once where there is none. */
  async evict(userId: string, reason: string): Promise<void> {
    const { clock, log, timings } = this.#tools;
    const seat = this.#seats.get(userId);
    const puppet = seat?.puppet;
    const closed = puppet?.closed;
    if (seat === undefined) return;
    this.#close(seat, reason);
    if (puppet === undefined || closed === undefined) return;
    log.info('The connection of a person to IRC was ended.', { userId, why: reason });
    await within(clock, closed, timings.evictMs);
    puppet.link.destroy(reason);
  }

  nickFreed(nick: string): void {
    for (const { puppet } of this.#seats.values()) puppet?.nickFreed(nick);
  }

  tick(nowMs: number): void {
    const idleMs = this.#tools.config().puppets.idleMinutes * 60_000;
    const due = this.#seats.get(this.#blocks.tick(nowMs, this.#tools.networkUp()) ?? '');
    if (due !== undefined) this.#openAgain(due);
    for (const seat of this.#seats.values()) {
      seat.puppet?.tick(nowMs);
      const idle = idleMs > 0 && seat.puppet !== undefined && nowMs - seat.puppet.usedMs > idleMs;
      if (idle && seat.puppet?.outgoing.idle === true) this.#close(seat, 'Idle');
    }
  }

  stop(reason: string): void {
    this.#stopped = true;
    for (const seat of [...this.#seats.values()]) seat.puppet?.link.quit(reason);
  }

  /** Resolves when all connections are closed, after {@link stop}. */
  async ended(): Promise<void> {
    await Promise.all([...this.#seats.values()].flatMap(({ puppet }) => puppet?.closed ?? []));
  }

  destroy(): void {
    for (const seat of [...this.#seats.values()]) seat.puppet?.link.destroy('stopped');
  }

  #openAgain(seat: Seat): void {
    const isWanted = seat.puppet === undefined && seat.opening === undefined;
    if (isWanted && this.#blocks.of(seat.person.userId) === undefined) void this.#open(seat, 0);
  }

  #open(seat: Seat, delayMs: number): Promise<Result<Puppet>> {
    const opening = this.#tryToOpen(seat, delayMs).finally(() => {
      if (seat.opening === opening) seat.opening = undefined;
    });
    seat.opening = opening;
    return opening;
  }

  async #tryToOpen(seat: Seat, delayMs: number): Promise<Result<Puppet>> {
    const { clock, networkUp, sink } = this.#tools;
    if (delayMs > 0) await this.#wait(delayMs);
    for (;;) {
      if (this.#stopped || !networkUp() || !this.#isSeated(seat)) return fail(AWAY);
      const opened = await this.#turn(() => this.#openOnce(seat));
      if (opened.ok) {
        seat.failures = 0;
        this.#blocks.letIn();
        this.#outage.over(clock.nowMs());
        sink.changed();
        return opened;
      }
      if (opened.error === AWAY) return opened;
      seat.failures++;
      if (HOPELESS.has(opened.error.code) || seat.failures >= MAX_TRIES) {
        this.#block(seat, opened.error);
        return opened;
      }
      await this.#wait(backoffMs(RETRY, seat.failures - 1, clock.random()));
    }
  }

  async #openOnce(seat: Seat): Promise<Result<Puppet>> {
    const { introduce, networkUp } = this.#tools;
    await this.#pace.turn();
    if (this.#stopped) return fail(AWAY);
    const introduction = await introduce(seat.person, this.#known.get(seat.person.userId));
    if (this.#stopped || !networkUp() || !this.#isSeated(seat)) return fail(AWAY);
    if (!introduction.ok) return introduction;
    const puppet = new Puppet(seat.person, introduction.value, {
      ...this.#tools,
      seen: (one) => this.#seen(one),
      ended: (one, end) => this.#ended(seat, one, end),
    });
    seat.puppet = puppet;
    for (const channel of seat.channels) void puppet.enter(channel);
    const opened = await puppet.opened;
    if (!opened.ok) return opened;
    if (this.#isSeated(seat)) return ok(puppet);
    puppet.link.quit('No longer needed');
    return fail(AWAY);
  }

  #seen(puppet: Puppet): void {
    const { nick, account, prefix } = puppet.link;
    const { userId } = puppet.person;
    const known = { nick, account, prefix: prefix ?? null };
    this.#known.set(userId, known);
    this.#tools.names.know(userId, known);
    this.#tools.sink.puppetSeen({ userId, ...known });
  }

  #ended(seat: Seat, puppet: Puppet, end: LinkEnd): void {
    if (seat.puppet !== puppet) return;
    seat.puppet = undefined;
    seat.channels = new Set(puppet.channels);
    if (!end.wasReady || this.#stopped || !this.#isSeated(seat)) return;
    const { clock, log, networkUp, sink } = this.#tools;
    const nowMs = clock.nowMs();
    const { userId } = seat.person;
    log.info('A connection of a person to IRC ended.', { userId, why: end.error?.text ?? end.why });
    if (end.error?.code === 'irc_killed') {
      seat.killedMs = [...seat.killedMs.filter((atMs) => nowMs - atMs < KILLS_WITHIN_MS), nowMs];
    }
    if (end.error?.code === 'irc_banned' || seat.killedMs.length >= MAX_KILLS) {
      this.#block(seat, end.error ?? AWAY);
    } else if (networkUp() && seat.opening === undefined) {
      // Not at once: when the server is going down, every connection ends before the listener's does.
      void this.#open(seat, 50 + Math.round(200 * clock.random()));
    }
    sink.changed();
  }

  #block(seat: Seat, error: BridgeError): void {
    const nowMs = this.#tools.clock.nowMs();
    const { userId } = seat.person;
    this.#blocks.add(userId, error);
    seat.failures = 0;
    // One cause that keeps a hundred people out is said once.
    const text = `A person gets no connection of their own for a while; the bot speaks for them. ${error.text}`;
    this.#outage.failed({ code: error.code, text }, nowMs, { userId, code: error.code });
  }

  #close(seat: Seat, reason: string): void {
    this.#seats.delete(seat.person.userId);
    seat.puppet?.link.quit(reason);
  }

  #isSeated(seat: Seat): boolean {
    return this.#seats.get(seat.person.userId) === seat;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#tools.clock.after(delayMs, resolve));
  }
}
