import type { NetworkConfig } from '../config/schema-network.ts';
import { fail, type Result } from '../core/errors.ts';
import { asNetworkId } from '../core/ids.ts';
import { isChannelName } from '../core/irc/isupport.ts';
import type { Clock } from '../ports/clock.ts';
import type { Failpoint } from '../ports/failpoint.ts';
import type { Log } from '../ports/log.ts';
import type { ChannelWish, Network, NetworkPowers, NetworkSink, Person, Voice } from '../ports/network.ts';
import type { Dialect } from './dialect.ts';
import { dialectOf } from './dialect-of.ts';
import { Guard } from './guard.ts';
import { OwnNames } from './identity.ts';
import { endpointOf } from './listening/introductions.ts';
import { Listener } from './listening/listener.ts';
import { PrivateLines } from './private-lines.ts';
import { ChannelNicks } from './puppets/nicks.ts';
import { ConnectionSigns } from './puppets/people-signs.ts';
import { Pool } from './puppets/pool.ts';
import { AWAY } from './puppets/pool-errors.ts';
import type { Naming } from './puppets/puppet-name.ts';
import { Renames } from './puppets/renames.ts';
import { Attempts } from './speaking/attempts.ts';
import { powersOf, showTyping } from './speaking/gestures.ts';
import { lookUp } from './speaking/lookup.ts';
import { OwnLines } from './speaking/own-lines.ts';
import { PrivateSpeech } from './speaking/private-speech.ts';
import { setTopicBy } from './speaking/set-topic.ts';
import { Sightings } from './speaking/sightings.ts';
import { Speakers } from './speaking/speakers.ts';
import { readStatus } from './status.ts';
import { Pacing } from './wire/pacing.ts';
import { ServerFacts } from './wire/server-facts.ts';
import { DEFAULT_TIMINGS, type Timings } from './wire/timings.ts';
import { within } from './wire/within.ts';

export type IrcNetworkOptions = {
  /** The network's section, secrets filled in. */
  readonly config: NetworkConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly failpoint: Failpoint;
  /** Tests shorten what takes long. */
  readonly timings?: Partial<Timings>;
};

export type IrcNetwork = Network & {
  /** Takes over what may change while it runs; server, bot and logins stay as they were. */
  reconfigure(config: NetworkConfig): void;
};

export const makeIrcNetwork = (options: IrcNetworkOptions): IrcNetwork => new IrcSide(options);

class IrcSide implements IrcNetwork {
  readonly id;
  readonly guard: Guard;
  readonly nicks: ChannelNicks;
  readonly privately: PrivateSpeech;
  readonly signs: ConnectionSigns;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #failpoint: Failpoint;
  readonly #timings: Timings;
  readonly #dialect: Dialect;
  readonly #names: OwnNames;
  readonly #ownLines = new OwnLines();
  readonly #attempts = new Attempts();
  #config: NetworkConfig;
  #listener: Listener | undefined;
  #pool: Pool | undefined;
  #speakers: Speakers | undefined;
  #sink: NetworkSink | undefined;
  #channels: readonly ChannelWish[] = [];
  #stopTicking: (() => void) | undefined;
  #isStopped = false;
  readonly #renames: Renames;

  constructor({ config, clock, log, failpoint, timings }: IrcNetworkOptions) {
    this.id = asNetworkId(config.id);
    this.#config = config;
    this.#clock = clock;
    this.#log = log.with({ network: config.id });
    this.#failpoint = failpoint;
    this.#timings = { ...DEFAULT_TIMINGS, ...timings };
    this.#dialect = dialectOf(config);
    this.#names = new OwnNames(this.#timings.nickLingerMs, this.#dialect.isupport.casemapping);
    const puppetOf = (userId: string) => this.#pool?.puppetOf(userId);
    this.#renames = new Renames(puppetOf, () => this.#naming(), clock, this.#timings.renameMs);
    this.signs = new ConnectionSigns(puppetOf, clock, this.#timings.signMs);
    this.guard = new Guard({
      session: () => this.#listener?.session,
      isJoined: (channel) => this.#listener?.joins.get(channel)?.state === 'joined',
      names: this.#names,
      botNick: config.bot.nick,
      log: this.#log,
    });
    this.privately = new PrivateSpeech({
      ...{ clock, timings: this.#timings, attempts: this.#attempts, names: this.#names, config: () => this.#config },
      listener: () => this.#listener,
      pool: () => this.#pool,
    });
    this.nicks = new ChannelNicks({
      names: this.#names,
      roster: () => this.#listener?.session?.roster,
      ownNick: (userId) => puppetOf(userId)?.link.nick,
      take: (person) => this.#renames.take(person, this.#timings.answerMs),
    });
  }

  get hasWalls(): true | undefined {
    return this.#dialect.hasWalls ? true : undefined;
  }

  get inDoubt(): 'resend' | 'drop' {
    return this.#config.inDoubt;
  }

  fold(name: string): string {
    return this.#names.fold(name);
  }

  reconfigure(config: NetworkConfig): void {
    this.#config = config;
  }

  start(sink: NetworkSink): void {
    this.#sink = sink;
    const [clock, dialect, log, timings] = [this.#clock, this.#dialect, this.#log, this.#timings];
    const facts = new ServerFacts();
    const sightings = new Sightings(
      (name) => this.fold(name),
      (channel) => this.#listener?.joins.get(channel)?.state === 'joined',
      (line) => this.#ownLines.add({ ...line, account: undefined, atMs: clock.nowMs() }),
    );
    const outgoing = {
      clock,
      failpoint: this.#failpoint,
      pacing: new Pacing(this.#config.pace),
      makeThrottle: dialect.throttle,
      ...timings,
      attempts: this.#attempts,
    };
    const listener = new Listener({
      network: this.id,
      config: () => this.#config,
      dialect,
      endpoint: endpointOf(this.#config),
      introduce: () => dialect.introduceBot(this.#config, clock.nowMs()),
      sink,
      clock,
      log,
      failpoint: this.#failpoint,
      timings,
      facts,
      names: this.#names,
      sightings,
      outgoing,
      onReady: () => {
        this.#ownLines.listening(clock.nowMs());
        this.#pool?.reconnect();
      },
      onLost: () => this.#ownLines.deaf(),
      onSightBroken: () => this.#ownLines.listening(clock.nowMs()),
      onNickFreed: (nick) => this.#pool?.nickFreed(nick),
    });
    const lines = new PrivateLines({ network: this.id, dialect, names: this.#names, sink, clock, log, listener });
    const pool = new Pool({
      config: () => this.#config,
      sink,
      dialect,
      endpoint: endpointOf(this.#config),
      facts,
      clock,
      log,
      timings,
      names: this.#names,
      outgoing: { ...outgoing, sightings },
      keyOf: (channel) => listener.joins.get(channel)?.key,
      admit: (channel, nick) => this.guard.admit(channel, nick),
      keptOut: (channel, numeric) => listener.keptOut(channel, numeric),
      heard: (puppet, line) => lines.heard(puppet, line),
      networkUp: () => listener.session !== undefined,
      introduce: (person, known) =>
        dialect.introducePerson(
          this.#config,
          {
            person,
            known,
            naming: this.#naming(),
            isFreeAccount: (account) => pool.isFreeAccount(account, person.userId),
          },
          clock.nowMs(),
        ),
    });
    this.#listener = listener;
    this.#pool = pool;
    const config = (): NetworkConfig => this.#config;
    this.#speakers = new Speakers({ config, clock, timings, attempts: this.#attempts, listener, pool });
    listener.setChannels(this.#channels);
    listener.inBackground(this.#begin(sink, listener, pool));
  }

  async stop(reason: string): Promise<void> {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#isStopped = true;
    this.#pool?.stop(reason);
    this.#listener?.stop(reason);
    await within(this.#clock, Promise.all([this.#listener?.ended(), this.#pool?.ended()]), this.#timings.quitMs);
    this.#pool?.destroy();
    this.#listener?.destroy();
    await this.#listener?.settled();
  }

  setChannels(channels: readonly ChannelWish[]): void {
    this.#channels = channels;
    this.#listener?.setChannels(channels);
  }

  async voice(person: Person, channel: string): Promise<Result<Voice>> {
    return (await this.#speakers?.voice(person, channel)) ?? fail(AWAY);
  }

  expect(person: Person, channel: string): void {
    this.#speakers?.expect(person, channel);
  }

  async evict(userId: string, reason: string): Promise<void> {
    await this.#speakers?.evict(userId, reason);
  }

  async dismiss(userId: string, channel: string, reason: string): Promise<void> {
    this.#speakers?.dismiss(userId, channel, reason);
  }

  rename(person: Person): void {
    this.#renames.rename(person);
  }

  powers = (): NetworkPowers | undefined => powersOf(this.#listener?.session?.link, this.#config.puppets.mode);

  typing = (person: Person, channel: string, active: boolean): void =>
    showTyping(this.#pool?.puppetOf(person.userId), channel, active && person.relayed !== true);

  async setTopic(person: Person, channel: string, topic: string): Promise<Result<void>> {
    const session = this.#listener?.session;
    if (session === undefined) return fail(AWAY);
    const deadlineMs = this.#clock.nowMs() + this.#timings.answerMs;
    return await setTopicBy(this.#pool?.puppetOf(person.userId), session, channel, topic, deadlineMs);
  }

  async lookup(channel: string, userId: string, lines: Parameters<Network['lookup']>[2], sinceMs: number) {
    const [listener, sink, clock] = [this.#listener, this.#sink, this.#clock];
    if (listener === undefined || sink === undefined) return new Map();
    // The bot sees nothing of what others say to each other alone.
    if (!isChannelName(channel, this.#naming().isupport))
      return new Map(lines.map(({ id }) => [id, 'unknown' as const]));
    const tools = {
      ...{ listener, sink, clock, ownLines: this.#ownLines, attempts: this.#attempts, ...this.#timings },
      isTheirs: (nick: string, account: string | undefined) =>
        this.#names.isTheirs(userId, this.#pool?.known(userId), nick, account),
      hasDeparted: () => !this.#names.isLeaving(userId),
    };
    return await lookUp(tools, channel, lines, sinceMs);
  }

  status() {
    return readStatus(this.#listener, this.#pool, this.#clock.nowMs());
  }

  async #begin(sink: NetworkSink, listener: Listener, pool: Pool): Promise<void> {
    for (const { userId, nick, account, prefix } of await sink.puppetsBefore()) {
      pool.remember(userId, { nick, account, prefix });
      this.#names.remember({ nick, account, prefix });
    }
    if (this.#isStopped) return;
    this.#tick();
    await listener.start();
  }

  /** One pulse for all deadlines of all connections. */
  #tick(): void {
    const nowMs = this.#clock.nowMs();
    this.#listener?.tick(nowMs);
    this.#pool?.tick(nowMs);
    this.#names.tick(nowMs);
    this.#renames.tick();
    this.signs.tick();
    this.#stopTicking = this.#clock.after(this.#timings.tickMs, () => this.#tick());
  }

  #naming(): Naming {
    const link = this.#listener?.session?.link;
    return {
      config: this.#config.puppets,
      isupport: link?.isupport ?? this.#dialect.isupport,
      software: link?.software,
      reserved: [this.#config.bot.nick, ...(link === undefined ? [] : [link.nick])],
    };
  }
}
