import { Signal } from '../../src/app/timing/signal.ts';
import { isSamePerson } from '../../src/core/direct.ts';
import { type BridgeError, fail, ok, type Result } from '../../src/core/errors.ts';
import type { NetworkEvent, NetworkSource } from '../../src/core/events.ts';
import { asNetworkId, keyFromMsgid, type MessageKey } from '../../src/core/ids.ts';
import type { Stance } from '../../src/core/room/channel-rules.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type {
  LookupAnswer,
  Network,
  NetworkPowers,
  NetworkSink,
  OutgoingLine,
  OutgoingReaction,
  Receipt,
  Voice,
} from '../../src/ports/network.ts';
import type { Life } from './life.ts';

export const HOME = asNetworkId('home');
const CONNECTING_MS = 5;

/** What becomes of the next line on a connection. Absent: it is said and confirmed. */
export type LineFault =
  /** The connection breaks before the server read the line, or after. What is behind it is not sent. */
  | { readonly kind: 'cut'; readonly said: boolean; readonly downMs: number }
  | { readonly kind: 'refused'; readonly error: BridgeError }
  | { readonly kind: 'slow'; readonly ms: number };

const error = (code: string, retry: BridgeError['retry']): BridgeError => ({ code, text: code, retry, notify: 'log' });
export const CANNOT_SEND = error('irc.404', 'never');
const UNKNOWN = error('irc_unconfirmed', 'lookup');
const UNSENT = error('irc_not_sent', 'later');

type Waiting = { readonly line: OutgoingLine; readonly settle: (result: Result<Receipt>) => void; touched: boolean };

/** An IRC network with one channel's worth of memory: what was said by us, by whom, and what others say to us. */
export class FakeNetwork {
  /** Lines that arrived, as the channel saw them. */
  readonly said: {
    readonly userId: string;
    readonly id: string;
    readonly text: string;
    readonly replyTo?: MessageKey;
    readonly edits?: MessageKey;
  }[] = [];
  /** What was done to what was said: `@alice… react 👍 m:1`. */
  readonly gestures: string[] = [];
  /** Who is away, and what was read up to when: `@alice… away lunch`. */
  readonly signs: string[] = [];
  /** What it carries while it is up. */
  powers: NetworkPowers = {};
  /** What becomes of a gesture; absent: it is done. */
  gestureFault: (gesture: string) => BridgeError | undefined = () => undefined;
  readonly topics: string[] = [];
  readonly dismissed: string[] = [];
  /** Everything that others said, for ever; a new run of the program catches up from it. */
  readonly history: NetworkEvent[] = [];
  fault: (userId: string, text: string) => LineFault | undefined = () => undefined;
  /** Who was to be connected before their first line. */
  readonly expected: string[] = [];
  /** Whether history answers what became of a line. */
  remembers = true;
  inDoubt: 'resend' | 'drop' = 'resend';
  /** How long a server takes for a line, by whose connection it comes. */
  latencyMs: (userId: string) => number = () => 1;
  sink: NetworkSink | undefined;
  /** Who has which nick: user ids of people of Matrix, null for others. */
  readonly nicks = new Map<string, string | null>();
  /** People who can be written to, by nick. What is said to them stands under `@alice:…→nick`. */
  readonly people = new Map<string, NetworkSource>();
  readonly happened: Signal;
  readonly #clock: Clock;
  #upAtMs = 0;
  readonly #voices = new Map<string, FakeVoice>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.happened = new Signal(clock);
  }

  get isUp(): boolean {
    return this.#clock.nowMs() >= this.#upAtMs;
  }

  /** All connections break. */
  goDown(downMs: number): void {
    this.#upAtMs = this.#clock.nowMs() + downMs;
    for (const voice of this.#voices.values()) voice.cut();
    this.#voices.clear();
    this.#clock.after(downMs, () => this.sink?.changed());
    this.sink?.changed();
  }

  /** The network as one run of the program sees it: a moment after the program began, it is there. */
  connect(life: Life): Network {
    for (const voice of this.#voices.values()) voice.abandon();
    this.#voices.clear();
    this.#upAtMs = Math.max(this.#upAtMs, this.#clock.nowMs() + CONNECTING_MS);
    let fed = 0;
    let feeding = false;
    const feed = async (sink: NetworkSink): Promise<void> => {
      if (feeding) return;
      feeding = true;
      const known = await sink.knownKeys(this.history.map((event) => event.key));
      while (!life.isOver) {
        const news = this.history.slice(fed, fed + 20);
        fed += news.length;
        const fresh = news.filter((event) => !known.received.has(event.key));
        if (fresh.length > 0) await sink.events(fresh);
        if (fed === this.history.length) await this.happened.wait(86_400_000);
      }
    };
    return {
      id: HOME,
      fold: (name) => name.toLowerCase(),
      start: (sink) => {
        this.sink = sink;
        this.#clock.after(CONNECTING_MS, () => life.isOver || sink.changed());
        void feed(sink);
      },
      stop: async () => {
        for (const voice of this.#voices.values()) voice.cut();
      },
      setChannels: () => {},
      voice: (person) => {
        if (!this.isUp) return life.hear(Promise.resolve(fail(UNSENT)));
        const voice = this.#voices.get(person.userId) ?? new FakeVoice(this, this.#clock, person.userId);
        this.#voices.set(person.userId, voice);
        return life.hear(Promise.resolve(ok<Voice>(voice)));
      },
      expect: ({ userId }) => {
        this.expected.push(userId);
      },
      dismiss: async (userId) => {
        this.dismissed.push(userId);
      },
      evict: async (userId) => {
        this.#voices.get(userId)?.cut();
        this.#voices.delete(userId);
      },
      rename: () => {},
      nicks: {
        ownerOf: (nick) => this.nicks.get(nick.toLowerCase()) ?? undefined,
        take: async (person) => {
          const held = [...this.nicks].find(([, holder]) => holder === person.userId)?.[0];
          const wanted = person.displayName.toLowerCase();
          if (held === undefined || held === wanted) return ok(held);
          if (this.nicks.has(wanted)) return fail(error('irc.433', 'never'));
          this.nicks.delete(held);
          this.nicks.set(wanted, person.userId);
          return ok(wanted);
        },
        isTaken: (_, nick) => this.nicks.has(nick.toLowerCase()),
        nickOf: (_, who) => {
          if (typeof who !== 'string') return this.nicks.get(who.name) === null ? who.name.toUpperCase() : undefined;
          return [...this.nicks].find(([, holder]) => holder === who)?.[0];
        },
      },
      powers: () => (this.isUp ? this.powers : undefined),
      setTopic: async (_, __, topic) => {
        if (!this.isUp) return fail(UNSENT);
        this.topics.push(topic);
        return ok(undefined);
      },
      lookup: async (_, __, lines) => {
        await null;
        const answer = (id: string): LookupAnswer =>
          !this.remembers
            ? 'unknown'
            : this.said.some((line) => line.id === id)
              ? { keys: [keyFromMsgid(`said-${id}`)] }
              : 'absent';
        return life.hear(Promise.resolve(new Map(lines.map(({ id }) => [id, answer(id)]))));
      },
      signs: {
        away: (userId, text) => void this.signs.push(text === undefined ? `${userId} back` : `${userId} away ${text}`),
        read: (userId, channel, untilMs) => void this.signs.push(`${userId} read ${channel} ${untilMs}`),
      },
      privately: {
        find: async (nick) => {
          const source = this.people.get(nick);
          return life.hear(Promise.resolve(source === undefined ? fail(CANNOT_SEND) : ok({ source, own: false })));
        },
        voice: async (person, peer) => {
          const nick = [...this.people].find(([, source]) =>
            isSamePerson(peer, source, (name) => name.toLowerCase()),
          )?.[0];
          if (!this.isUp) return fail(UNSENT);
          if (nick === undefined) return life.hear(Promise.resolve(fail(CANNOT_SEND)));
          const voice = new FakeVoice(this, this.#clock, `${person.userId}→${nick}`, { repliesShown: true });
          return life.hear(Promise.resolve(ok(voice)));
        },
      },
      inDoubt: this.inDoubt,
      status: () => ({
        state: this.isUp ? 'up' : 'down',
        sinceMs: 0,
        puppets: { connected: 0, wanted: 0 },
        reconnects: 0,
        channels: new Map(),
      }),
    };
  }
}

/** One person's connection: the server takes its lines one after another, each after a while. */
class FakeVoice implements Voice {
  static #count = 0;
  readonly id = `connection ${++FakeVoice.#count}`;
  readonly #network: FakeNetwork;
  readonly #clock: Clock;
  readonly #userId: string;
  #waiting: Waiting[] = [];
  #isCut = false;

  readonly powers: NetworkPowers;

  constructor(network: FakeNetwork, clock: Clock, userId: string, powers: NetworkPowers = {}) {
    this.powers = powers;
    this.#network = network;
    this.#clock = clock;
    this.#userId = userId;
  }

  react({ target, emoji, removed }: OutgoingReaction): Promise<Result<void>> {
    return this.#gesture(`${removed ? 'unreact' : 'react'} ${emoji} ${target}`);
  }

  redact(target: MessageKey, reason: string): Promise<Result<void>> {
    return this.#gesture(`redact ${target}${reason === '' ? '' : ` (${reason})`}`);
  }

  setRules(stance: Stance): Promise<Result<void>> {
    return this.#gesture(`rules ${JSON.stringify(stance)}`);
  }

  invite(nick: string): Promise<Result<void>> {
    return this.#gesture(`invite ${nick}`);
  }

  async #gesture(what: string): Promise<Result<void>> {
    await new Promise<void>((resolve) => this.#clock.after(this.#network.latencyMs(this.#userId), resolve));
    if (this.#isCut) return fail(UNSENT);
    const gesture = `${this.#userId} ${what}`;
    const error = this.#network.gestureFault(gesture);
    if (error !== undefined) return fail(error);
    this.#network.gestures.push(gesture);
    return ok(undefined);
  }

  split(text: string): readonly string[] {
    return [text];
  }

  say(line: OutgoingLine): { written: Promise<void>; confirmed: Promise<Result<Receipt>> } {
    const { promise: confirmed, resolve: settle } = Promise.withResolvers<Result<Receipt>>();
    if (this.#isCut) settle(fail(UNSENT));
    else {
      this.#waiting.push({ line, settle, touched: false });
      if (this.#waiting.length === 1) this.#take();
    }
    return { written: Promise.resolve(), confirmed };
  }

  /** Whose connection it was is no more: the server takes what it was sent. */
  abandon(): void {
    this.#isCut = true;
    for (const { line } of this.#waiting) this.#network.said.push(saidBy(this.#userId, line));
    this.#waiting = [];
  }

  /** What was written may have arrived; what was not has not. */
  cut(): void {
    this.#isCut = true;
    for (const { settle, touched } of this.#waiting) settle(fail(touched ? UNKNOWN : UNSENT));
    this.#waiting = [];
  }

  #take(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    next.touched = true;
    const text = next.line.parts.join('');
    const fault = this.#network.fault(this.#userId, text);
    const takesMs = this.#network.latencyMs(this.#userId) + (fault?.kind === 'slow' ? fault.ms : 0);
    this.#clock.after(takesMs, () => {
      if (this.#isCut) return;
      if (fault?.kind === 'refused') this.#answer(next, fail(fault.error));
      else {
        if (fault?.kind !== 'cut' || fault.said) this.#network.said.push(saidBy(this.#userId, next.line));
        if (fault?.kind === 'cut') this.#network.goDown(fault.downMs);
        else this.#answer(next, ok({ keys: [keyFromMsgid(`said-${next.line.id}`)] }));
      }
    });
  }

  #answer(waiting: Waiting, result: Result<Receipt>): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.settle(result);
    this.#take();
  }
}

const saidBy = (userId: string, { id, parts, replyTo, edits }: OutgoingLine) => ({
  ...{ userId, id, text: parts.join('') },
  ...(replyTo !== undefined && { replyTo }),
  ...(edits !== undefined && { edits }),
});
