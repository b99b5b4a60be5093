/**
 * A scripted freeq server for tests: what a client of freeq (commit 4cff3e32) meets, by the facts and by what real servers
 * were seen to do (recorded/). It keeps its log and its people's nicks over `restart()`, as a real one with `--db-path` does.
 *
 *   const clock = new ManualClock();                        // or none: the machine's
 *   const server = await FreeqServer.start({ clock });      // TCP and WebSocket; `tls` where a certificate is given
 *   server.ports.irc · server.ports.web · server.ports.tls · server.url('irc' | 'ws' | 'ircs')
 *   const alice = await FreeqPerson.connect(server.ports.irc, { nick: 'alice', key: makeKeyHolder(), channels: ['#c'] });
 *   alice.say('#c', 'hi'); await alice.got(/ PRIVMSG #c /);  // person.ts; works on a real server too
 *   server.session('bridge')?.received                      // the lines that a client sent; `.sent` what it was told
 *   server.store.rows                                       // what was said, for good
 *   link(server, other);  server.unlink(other)              // federation.ts: two scripted servers
 *   const peer = ScriptedPeer.on(server, 'J.test')          // scripted-peer.ts: frames of a peer that says what it likes
 *
 * Faults: `drop(nick)` resets a connection, `cut()` all of them; `hold()` lets the server take bytes and do nothing until
 * `release()`; `session.hold()` keeps what it would say to one client; `onLine` decides of each line whether it is taken, lost,
 * or the connection ends before or after it took effect; `kill()` and `restart()` are SIGKILL and a start on the same ports;
 * `refuse()` closes the ports and leaves connections alone.
 * Settings: `older` is a server of spring 2026 (fewer capabilities, no origin, no minted ids, no signatures asked for), `noGuests`, `maxPerAddress`,
 * `store.policies` for channels that answer 477.
 */
import type { KeyObject } from 'node:crypto';
import { systemClock } from '../../../src/clock.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { COMMANDS, isFlood } from './commands.ts';
import { type KeyHolder, makeKeyHolder, rawKey } from './did-key.ts';
import type { Peer } from './federation.ts';
import type { Frame } from './frames.ts';
import { Listeners, type Ports, type TlsFiles } from './listeners.ts';
import { endSession, type Ghost } from './presence.ts';
import { Session, type Wire } from './session.ts';
import { type Channel, FreeqStore, newChannel, newRecord } from './state.ts';
import { makeUlid } from './ulid.ts';
import { type Line, readLine, writeLine } from './wire.ts';

export type FreeqOptions = {
  readonly name?: string;
  readonly clock?: Clock;
  readonly tls?: TlsFiles;
  /** A server of spring 2026. */
  readonly older?: boolean;
  /** Capabilities that it does not offer. */
  readonly without?: readonly string[];
  readonly noGuests?: boolean;
  /** Plain connections and WebSockets of one address together; 20 unless told. */
  readonly maxPerAddress?: number;
  readonly motd?: readonly string[];
};

/** What becomes of a line: `lose` it, end the connection before (`cut`) or after it took effect (`takeAndCut`). */
export type LineFate = 'take' | 'lose' | 'cut' | 'takeAndCut';

const MAX_LINE_CHARS = 8192;

export class FreeqServer {
  readonly name: string;
  readonly clock: Clock;
  readonly options: FreeqOptions;
  readonly store = new FreeqStore();
  /** With it the server signs what people with an account said unsigned. Its id is the server's id among peers. */
  readonly key: KeyHolder = makeKeyHolder();
  sessions: Session[] = [];
  channels = new Map<string, Channel>();
  /** By nick in lower case; the sessions of one DID share theirs, the last one to come first. */
  nicks = new Map<string, Session[]>();
  /** People with an account whose connection ended less than 30 s ago, by DID. */
  ghosts = new Map<string, Ghost>();
  readonly peers = new Map<string, Peer>();
  /** Keys of people of peers, by id: fetched when first seen, which is too late for what they signed first. */
  readonly peerKeys = new Set<string>();
  onLine: (session: Session, line: string) => LineFate = () => 'take';
  ports: Ports = { irc: 0, web: 0, tls: 0, wss: 0 };
  startedAtMs: number;
  readonly #listeners: Listeners;
  #waiting: { readonly text: string | undefined; readonly run: () => void }[] | undefined;

  private constructor(options: FreeqOptions) {
    this.options = options;
    this.name = options.name ?? 'A.test';
    this.clock = options.clock ?? systemClock;
    this.startedAtMs = this.clock.nowMs();
    this.#listeners = new Listeners(options.tls, (wire, isCounted) => this.#accept(wire, isCounted));
  }

  static async start(options: FreeqOptions = {}): Promise<FreeqServer> {
    const server = new FreeqServer(options);
    server.ports = await server.#listeners.open(server.ports);
    return server;
  }

  /** The endpoint id by which peers know it. */
  get id(): string {
    return rawKey(this.key.publicKey).toString('hex');
  }

  url(kind: 'irc' | 'ircs' | 'ws'): string {
    const port = kind === 'ws' ? this.ports.web : kind === 'ircs' ? this.ports.tls : this.ports.irc;
    return `${kind}://127.0.0.1:${port}${kind === 'ws' ? '/irc' : ''}`;
  }

  get nowSeconds(): number {
    return Math.floor(this.clock.nowMs() / 1000);
  }

  mint(prefix = ''): string {
    return prefix + makeUlid(this.clock.nowMs(), () => this.clock.random());
  }

  write(line: Omit<Line, 'tags'> & Partial<Pick<Line, 'tags'>>): string {
    return writeLine({ tags: new Map(), ...line }, () => this.clock.random());
  }

  /** An answer of the server to one client. */
  answer(session: Session, command: string, ...params: readonly string[]): void {
    session.send(this.write({ prefix: this.name, command, params }));
  }

  /** A numeric, with the client's nick before the rest. */
  numeric(session: Session, code: string, ...params: readonly string[]): void {
    this.answer(session, code, session.nickOrStar, ...params);
  }

  channel(name: string): Channel | undefined {
    return this.channels.get(name.toLowerCase());
  }

  /** The channel, made where there is none: without the history that a channel of this name once had. */
  ensureChannel(name: string): Channel {
    const known = this.channels.get(name);
    if (known !== undefined) return known;
    const channel = newChannel(name, newRecord(), []);
    this.store.channels.set(name, channel.record);
    this.channels.set(name, channel);
    return channel;
  }

  channelsOf(session: Session): Channel[] {
    return [...this.channels.values()].filter(({ members }) => members.has(session));
  }

  toChannel(channel: Channel, line: string, except?: Session): void {
    for (const member of channel.members) if (member !== except) member.send(line);
  }

  /** The connection that has a nick. */
  session(nick: string): Session | undefined {
    return this.nicks.get(nick.toLowerCase())?.[0];
  }

  /** All connections of the person behind a nick or a DID. */
  sessionsFor(target: string): Session[] {
    const did = target.startsWith('did:') ? target : this.session(target)?.did;
    if (did !== undefined) return this.sessionsOfDid(did);
    const session = this.session(target);
    return session === undefined ? [] : [session];
  }

  sessionsOfDid(did: string): Session[] {
    return this.sessions.filter((session) => session.did === did && session.isOpen);
  }

  didOf(target: string): string | undefined {
    return target.startsWith('did:') ? target : this.store.nickOwners.get(target.toLowerCase());
  }

  claimNick(nick: string, session: Session): void {
    this.releaseNick(session);
    const lower = nick.toLowerCase();
    this.nicks.set(lower, [session, ...(this.nicks.get(lower) ?? [])]);
    session.nick = nick;
  }

  releaseNick(session: Session): void {
    for (const [nick, holders] of this.nicks) {
      const left = holders.filter((holder) => holder !== session);
      if (left.length === 0) this.nicks.delete(nick);
      else this.nicks.set(nick, left);
    }
  }

  signingKey(did: string, keyId: string): KeyObject | undefined {
    return this.store.signingKeys.get(did)?.get(keyId);
  }

  /** To every peer that the server is linked with. */
  toPeers(frame: Frame): void {
    for (const peer of this.peers.values()) peer.take(frame, this.id);
  }

  // --- faults

  drop(nick: string): void {
    for (const session of [...(this.nicks.get(nick.toLowerCase()) ?? [])]) session.reset();
  }

  cut(): void {
    for (const session of [...this.sessions]) session.reset();
  }

  hold(): void {
    this.#waiting ??= [];
  }

  release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { run } of waiting) run();
  }

  /** What it was told since {@link hold}. */
  get heldLines(): readonly string[] {
    return (this.#waiting ?? []).flatMap(({ text }) => text ?? []);
  }

  /** Ends the link with a peer, as either side would notice it. */
  unlink(peerId: string): void {
    const peer = this.peers.get(peerId);
    if (!this.peers.delete(peerId)) return;
    this.onPeerGone(peerId);
    peer?.gone(this.id);
  }

  onPeerGone: (peerId: string) => void = () => undefined;

  refuse(): Promise<void> {
    return this.#listeners.close();
  }

  /** SIGKILL: what is not in the store is forgotten, and nobody hears a word. */
  async kill(): Promise<void> {
    const closed = this.#listeners.close();
    for (const session of this.sessions) session.isOpen = false;
    for (const session of this.sessions) session.reset();
    for (const ghost of this.ghosts.values()) ghost.cancel();
    for (const peer of [...this.peers.keys()]) this.unlink(peer);
    this.sessions = [];
    this.channels = new Map();
    this.nicks = new Map();
    this.ghosts = new Map();
    this.#waiting = undefined;
    await closed;
  }

  /** After {@link kill} or {@link refuse}, on the same ports. */
  async open(): Promise<void> {
    this.startedAtMs = this.clock.nowMs();
    this.ports = await this.#listeners.open(this.ports);
    for (const [name, record] of this.store.channels)
      this.channels.set(name, newChannel(name, record, this.store.recent(name)));
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.open();
  }

  stop(): Promise<void> {
    return this.kill();
  }

  // --- connections

  #accept(wire: Wire, isCounted: boolean): ((text: string | undefined) => void) | undefined {
    const plain = this.sessions.filter(({ isOpen }) => isOpen).length;
    if (isCounted && plain >= (this.options.maxPerAddress ?? 20)) return undefined;
    const session = new Session(wire, this.clock);
    session.commandsAtMs = this.clock.nowMs();
    this.sessions.push(session);
    return (text) => {
      const run = (): void => (text === undefined ? endSession(this, session) : this.#take(session, text));
      if (this.#waiting === undefined) run();
      else this.#waiting.push({ text, run });
    };
  }

  #take(session: Session, text: string): void {
    if (!session.isOpen || session.isReset) return;
    if (text.length >= MAX_LINE_CHARS) {
      session.send(this.write({ prefix: this.name, command: '417', params: ['*', 'Input line was too long'] }));
      return;
    }
    session.received.push(text);
    const fate = this.onLine(session, text);
    if (fate === 'take' || fate === 'takeAndCut') this.#handle(session, text);
    if (fate === 'cut' || fate === 'takeAndCut') session.reset();
  }

  #handle(session: Session, text: string): void {
    const line = readLine(text);
    if (line === undefined || isFlood(this, session, line)) return;
    const handler = COMMANDS.get(line.command);
    if (handler === undefined) {
      if (session.registered) this.numeric(session, '421', line.command, 'Unknown command');
    } else if (session.registered || handler.early === true) handler.run(this, session, line);
    else if (line.command === 'JOIN') this.numeric(session, '451', 'You have not registered');
  }
}
