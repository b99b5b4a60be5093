import { randomBytes } from 'node:crypto';
import type { BridgeError, Result } from '../../core/errors.ts';
import { ok } from '../../core/errors.ts';
import { sameName } from '../../core/irc/casemap.ts';
import { cutToBytes } from '../../core/irc/cut.ts';
import { DEFAULT_LINE_LIMITS, encodeLine, type OutgoingLine, sanitizeText } from '../../core/irc/encode.ts';
import type { Isupport } from '../../core/irc/isupport.ts';
import { applyIsupport, type IsupportTokens, NO_ISUPPORT } from '../../core/irc/isupport-tokens.ts';
import { type IrcLine, parseLine } from '../../core/irc/line.ts';
import type { Dialect } from '../dialect.ts';
import { farewellError } from '../puppets/farewell.ts';
import { OwnIds } from '../speaking/own-ids.ts';
import { BOOKKEEPING } from './bookkeeping.ts';
import { CapTalk } from './cap-talk.ts';
import type { LinkOptions, LinkOwner } from './link-parts.ts';
import { openTransport } from './open-transport.ts';
import { Registration, type Signer } from './registration.ts';
import { ServerClock } from './server-clock.ts';
import type { Transport } from './transport.ts';
import { ENDINGS, WATCHDOG, Watchdog } from './watchdog.ts';

export type { LinkEnd, LinkOptions, LinkOwner } from './link-parts.ts';

/**
 * One connection to an IRC server: registered, watched, and with what it knows of itself (nick, account, address as others
 * see it, capabilities, 005). Fresh for every attempt, so that nothing stale survives. No line makes it throw.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #transport: Transport;
  readonly #caps: CapTalk;
  #registration: Registration | undefined;
  #tokens: IsupportTokens = NO_ISUPPORT;
  readonly #startedMs: number;
  /** Finds out whether the server is there. */
  readonly watchdog: Watchdog;
  #labels = 0;
  paused = false;
  #opened = false;
  #ended = false;
  #error: BridgeError | undefined;
  ready = false;
  /** The server offered messages of several lines, and would not have one. */
  multilineRefused = false;
  isupport: Isupport;
  nick: string;
  user: string | undefined;
  host: string | undefined;
  account: string | null = null;
  software: string | undefined;
  readonly #serverClock = new ServerClock();
  readonly ids: OwnIds;
  /** Came too early, and wait. */
  #early: IrcLine[] = [];
  /** Lines read so far; with the epoch it names a line that has no other name. */
  lineNumber = 0;

  constructor(options: LinkOptions, owner: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#startedMs = options.clock.nowMs();
    this.watchdog = new Watchdog(options.timings, this.#startedMs);
    this.nick = options.introduction.nick;
    this.isupport = options.dialect.isupport;
    this.ids = new OwnIds(() => (this.account === null ? undefined : options.dialect.mint), this.serverMs);
    this.#caps = new CapTalk(options.introduction.sasl === undefined ? options.wishes : [...options.wishes, ['sasl']]);
    this.#registration = new Registration(options.introduction, this.#caps, (answer) => void this.#login(answer));
    this.#transport = openTransport(options.endpoint, {
      opened: () => {
        this.#opened = true;
        this.sendAll(this.#registration?.opening() ?? []);
      },
      line: (text) => this.#guardedLine(text),
      wants: (bytes, start, end) => !this.ready || owner.wants?.(bytes, start, end) !== false,
      closed: (why) => this.#closed(why),
    });
  }

  get dialect(): Dialect {
    return this.#options.dialect;
  }

  /** Signs what is done here, where the connection has proved to be them. */
  get signer(): Signer | undefined {
    const { signer } = this.#options.introduction;
    return this.account === signer?.did ? signer : undefined;
  }

  /** What the server's clock is ahead of ours. */
  get aheadMs(): number {
    return this.#serverClock.aheadMs;
  }

  /** The time by the server's clock. */
  serverMs = (): number => this.#options.clock.nowMs() + this.aheadMs;

  hasCap(name: string): boolean {
    return this.#caps.has(name);
  }

  capValue(name: string): string | undefined {
    return this.#caps.state.available.get(name);
  }

  /** `nick!user@host` as others see it, once our own lines have shown it. */
  get prefix(): string | undefined {
    return this.user === undefined || this.host === undefined ? undefined : `${this.nick}!${this.user}@${this.host}`;
  }

  /** Whether two names are one to this server. */
  same(a: string, b: string): boolean {
    return sameName(a, b, this.isupport.casemapping);
  }

  isMe(nick: string | undefined): boolean {
    return nick !== undefined && this.same(nick, this.nick);
  }

  /** A label for the next command, where the server answers with labels. */
  label(): string | undefined {
    return this.hasCap('labeled-response') ? (++this.#labels).toString(36) : undefined;
  }

  send(line: OutgoingLine): Result<void> {
    const encoded = this.encode(line);
    if (!encoded.ok) {
      this.#options.log.warn(encoded.error.text, { command: line.command });
      return encoded;
    }
    this.write([encoded.value]);
    return ok(undefined);
  }

  sendAll(lines: readonly OutgoingLine[]): void {
    for (const line of lines) this.send(line);
  }

  encode(line: OutgoingLine): Result<string> {
    return encodeLine(line, { ...DEFAULT_LINE_LIMITS, lineBytes: this.isupport.lineLen });
  }

  /** @param lines from {@link encode}; they leave together */
  write(lines: readonly string[]): void {
    this.#transport.write(lines);
  }

  pause(): void {
    this.paused = true;
    this.#transport.pause();
  }

  resume(): void {
    this.paused = false;
    this.watchdog.resumed(this.#options.clock.nowMs());
    this.#transport.resume();
  }

  quit(reason: string): void {
    if (!this.ready) {
      this.destroy(reason);
      return;
    }
    this.send({ command: 'QUIT', params: [cutToBytes(sanitizeText(reason), MAX_REASON_BYTES)] });
    this.#transport.end();
    // A server that is gone, or keeps its side open, closes nothing.
    this.#options.clock.after(this.#options.timings.quitMs, () =>
      this.destroy('the server did not close the connection'),
    );
  }

  destroy(why: string): void {
    this.#transport.destroy(why);
  }

  /** Looks at the deadlines. */
  tick(nowMs: number): void {
    const verdict = this.watchdog.tick(nowMs, this.ready, !this.#ended && !this.paused);
    if (verdict === 'ask') this.send({ command: 'PING', params: [WATCHDOG] });
    else if (verdict !== 'nothing') this.destroy(ENDINGS[verdict]);
  }

  /** One bad line never ends a link, let alone the process. */
  #guardedLine(text: string): void {
    this.lineNumber++;
    this.watchdog.heard(this.#options.clock.nowMs());
    try {
      const line = parseLine(text, this.dialect.serverTags);
      if (line !== undefined) this.#line(line);
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.log.error('A line of the IRC server made our code fail and was left out; this is a bug.', { why });
    }
  }

  #line(line: IrcLine): void {
    const registration = this.#registration;
    const { dialect } = this.#options;
    if (registration !== undefined && !registration.done) {
      this.sendAll(registration.take(line));
      this.nick = registration.nick;
      if (registration.failure !== undefined) {
        this.#refuse(registration.failure);
        return;
      }
      // The barrier: its answer comes after 005 and the message of the day, which not every server has.
      if (registration.done) this.send({ command: 'PING', params: [BARRIER] });
    } else if (line.command === 'CAP') {
      this.sendAll(this.#caps.take(line.params));
      this.#caps.share((state) => this.#options.facts.caps(state));
    }
    if (!this.ready && dialect.early.has(line.command)) {
      if (this.#early.length < MAX_EARLY) this.#early.push(line);
      return;
    }
    if (registration?.done && !this.ready && dialect.readyOn.has(line.command)) this.#becomeReady();
    else this.#pass(line);
  }

  #pass(line: IrcLine): void {
    const nowMs = this.#options.clock.nowMs();
    const hasTime = line.tags.has('time') && !line.tags.has('batch');
    if (hasTime && this.#serverClock.learn(line, nowMs)) this.send({ command: 'PING', params: ['time'] });
    BOOKKEEPING.get(line.command)?.(this, line);
    if (this.ready) this.#owner.line(line);
  }

  async #login(answer: Promise<Result<readonly OutgoingLine[]>>): Promise<void> {
    const lines = await answer;
    if (lines.ok) this.sendAll(lines.value);
    else this.#refuse(lines.error);
  }

  #refuse(error: BridgeError): void {
    this.#error = error;
    this.destroy(error.text);
  }

  #becomeReady(): void {
    this.#registration = undefined;
    const { serverMs } = this.#options.introduction.sasl ?? {};
    // To the second, which is enough for a clock that is far from ours.
    if (this.aheadMs === 0 && serverMs !== undefined) this.#serverClock.aheadMs = serverMs - this.#startedMs;
    this.#caps.share((state) => this.#options.facts.caps(state));
    this.ready = true;
    this.dialect.onReady(this);
    this.#owner.ready();
    for (const line of this.#early.splice(0)) this.#pass(line);
  }

  learnIsupport(params: readonly string[]): void {
    const told = this.#tokens.has('CASEMAPPING');
    const { casemapping } = this.isupport;
    const { tokens, isupport } = this.#options.facts.isupport(applyIsupport(this.#tokens, params));
    this.#tokens = tokens;
    this.isupport = isupport;
    // Everything is filed by it: a fresh connection files it anew.
    if (told && this.ready && isupport.casemapping !== casemapping) this.destroy('the server changed its case mapping');
  }

  learnAddress(user: string | undefined, host: string | undefined): void {
    this.user = user ?? this.user;
    this.host = host ?? this.host;
  }

  /** The server's last word. */
  farewell(text: string): void {
    this.#error ??= farewellError(text);
    this.watchdog.dismissed(this.#options.clock.nowMs());
  }

  #closed(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const wasReady = this.ready;
    this.ready = false;
    const error = this.#error === undefined ? {} : { error: this.#error };
    try {
      this.#owner.closed({ why, wasOpen: this.#opened, wasReady, heardMs: this.watchdog.heardMs, ...error });
    } catch (problem) {
      this.#options.log.error('The end of a connection made our code fail; this is a bug.', { why: String(problem) });
    }
  }
}

const BARRIER = 'ready';
const MAX_REASON_BYTES = 300;
/** A hundred channels with their names and what was said in them last. */
const MAX_EARLY = 20_000;

/** Tells one connection from the next: names of lines without msgid begin with it. */
export const makeEpoch = (): string => randomBytes(6).toString('hex');
