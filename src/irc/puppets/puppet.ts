import { fail, ok, type Result } from '../../core/errors.ts';
import { fold } from '../../core/irc/casemap.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { type Refusal, refusalToError } from '../../core/irc/numerics.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Person } from '../../ports/network.ts';
import type { Dialect } from '../dialect.ts';
import type { OwnNames } from '../identity.ts';
import { isJoinRefusal, joinLines } from '../listening/joins.ts';
import { Outgoing, type OutgoingTools } from '../speaking/outgoing.ts';
import { Link, type LinkEnd } from '../wire/link.ts';
import type { Introduction } from '../wire/registration.ts';
import { Replies } from '../wire/replies.ts';
import type { ServerFacts } from '../wire/server-facts.ts';
import type { Timings } from '../wire/timings.ts';
import type { Endpoint } from '../wire/transport.ts';
import { HANDLERS } from './puppet-handlers.ts';
import { concernsPuppet } from './puppet-lines.ts';
import { gone, lost, makePlace, noAnswer, type Place } from './puppet-place.ts';

export type PuppetTools = {
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  readonly facts: ServerFacts;
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: Timings;
  readonly names: OwnNames;
  readonly outgoing: OutgoingTools;
  readonly keyOf: (channel: string) => string | undefined;
  /** Asks the bot to let this nick into a channel whose door is closed. */
  readonly admit: (channel: string, nick: string) => Promise<boolean>;
  /** The server does not let it into a channel. @param numeric the answer to its JOIN */
  readonly keptOut: (channel: string, numeric: string) => void;
  /** Something that may have been said to it alone. @returns whether it was */
  readonly heard: (puppet: Puppet, line: IrcLine) => boolean;
  readonly seen: (puppet: Puppet) => void;
  readonly ended: (puppet: Puppet, end: LinkEnd) => void;
};

/** One registered or registering connection of a person, until it ends. */
export class Puppet {
  readonly #tools: PuppetTools;
  readonly #places = new Map<string, Place>();
  readonly #opened = Promise.withResolvers<Result<void>>();
  readonly #replies = new Replies();
  #nickBytes: Uint8Array;
  #barriers = 0;
  #end: PromiseWithResolvers<void> | undefined;
  person: Person;
  readonly link: Link;
  readonly outgoing: Outgoing;
  usedMs: number;
  lastNickMs = 0;
  /** The nick it would have if that were free. */
  wantedNick: string;

  constructor(person: Person, introduction: Introduction, tools: PuppetTools) {
    this.person = person;
    this.#tools = tools;
    this.usedMs = tools.clock.nowMs();
    this.#nickBytes = Buffer.from(introduction.nick);
    this.wantedNick = introduction.nick;
    const { clock, dialect, endpoint, facts, log, timings } = tools;
    const { registrationMs, puppetIdleMs: idleMs, puppetDeadMs: deadMs, quitMs } = timings;
    this.link = new Link(
      {
        dialect,
        endpoint,
        introduction,
        wishes: dialect.puppetCaps,
        facts,
        clock,
        log,
        timings: { registrationMs, idleMs, deadMs, quitMs },
      },
      {
        ready: () => this.#ready(),
        line: (line) => this.#line(line),
        wants: (bytes, start, end) => concernsPuppet(bytes, start, end, this.#nickBytes),
        closed: (end) => this.#closed(end),
      },
    );
    this.outgoing = new Outgoing(this.link, tools.outgoing);
  }

  /** Resolves when the server has let it in, or has not. */
  get opened(): Promise<Result<void>> {
    return this.#opened.promise;
  }

  /** Resolves at its end. */
  get closed(): Promise<void> {
    this.#end ??= Promise.withResolvers<void>();
    return this.#end.promise;
  }

  get replies(): Replies {
    return this.#replies;
  }

  /** Channels it is in or wants to be in. */
  get channels(): readonly string[] {
    return [...this.#places.values()].map(({ channel }) => channel);
  }

  isIn(channel: string): boolean {
    return this.#places.get(this.#fold(channel))?.joined === true;
  }

  /** Joins a channel, or waits for a join that is under way. */
  enter(channel: string): Promise<Result<void>> {
    const place = this.#place(channel);
    if (place.joined) return Promise.resolve(ok(undefined));
    const entered = new Promise<Result<void>>((resolve) => place.waiting.push(resolve));
    if (place.waiting.length === 1 && this.link.ready) this.#ask([place]);
    return entered;
  }

  /** Leaves a channel. */
  leave(channel: string, reason: string): void {
    const folded = this.#fold(channel);
    const place = this.#places.get(folded);
    if (place === undefined) return;
    this.#places.delete(folded);
    if (place.joined) this.link.send({ command: 'PART', params: [channel, reason] });
    else this.#settle(place, fail(gone(channel)));
  }

  changeNick(nick: string): void {
    this.wantedNick = nick;
    this.lastNickMs = this.#tools.clock.nowMs();
    this.link.send({ command: 'NICK', params: [nick] });
  }

  /** Its own nick may be free again: a connection of before, which held it, is gone. */
  nickFreed(nick: string): void {
    const wants = this.link.ready && this.link.nick !== this.wantedNick;
    if (wants && this.#fold(nick) === this.#fold(this.wantedNick)) this.changeNick(this.wantedNick);
  }

  tick(nowMs: number): void {
    this.link.tick(nowMs);
    this.outgoing.tick(nowMs);
    this.#replies.tick(nowMs);
    for (const place of this.#places.values()) {
      const late =
        place.waiting.length > 0 && place.askedMs > 0 && nowMs - place.askedMs > this.#tools.timings.answerMs;
      if (late) this.#settle(place, fail(noAnswer(place.channel)));
    }
  }

  #ready(): void {
    const { names, clock } = this.#tools;
    this.lastNickMs = clock.nowMs();
    this.#renamed(undefined);
    if (this.link.account !== null) names.addAccount(this.link.account);
    this.#opened.resolve(ok(undefined));
    // Filed under the server's own case mapping, which is known only now.
    const places = [...this.#places.values()];
    this.#places.clear();
    for (const place of places) this.#places.set(this.#fold(place.channel), place);
    this.#ask([...this.#places.values()].filter(({ joined }) => !joined));
  }

  #renamed(from: string | undefined): void {
    const { names, clock } = this.#tools;
    this.#nickBytes = Buffer.from(this.link.nick);
    const name = { userId: this.person.userId, nick: this.link.nick };
    if (from === undefined) names.hold(name);
    else names.renamed(from, name, clock.nowMs());
    if (this.link.prefix !== undefined) names.addPrefix(this.link.prefix);
    this.#tools.seen(this);
  }

  #line(line: IrcLine): void {
    if (this.outgoing.take(line) || this.#replies.take({ kind: 'line', line, batch: undefined })) return;
    if (this.#tools.heard(this, line)) return;
    if (isJoinRefusal(line.command)) this.#refused(line);
    else HANDLERS.get(line.command)?.(this, line);
  }

  joined({ source, params }: IrcLine): void {
    if (!this.link.isMe(source?.nick) || params[0] === undefined) return;
    if (this.#tools.dialect.rejoins && !this.#places.has(this.#fold(params[0]))) {
      // The server remembers channels that this person may have left since.
      this.link.send({ command: 'PART', params: [params[0]] });
      return;
    }
    const place = this.#place(params[0]);
    place.joined = true;
    if (this.link.prefix !== undefined) this.#tools.names.addPrefix(this.link.prefix);
    this.#tools.seen(this);
    this.#settle(place, ok(undefined));
  }

  /** PART or KICK of ourselves. A puppet that was thrown out stays out until its person speaks again. */
  left(channel: string | undefined, why: string): void {
    const folded = this.#fold(channel ?? '');
    const place = this.#places.get(folded);
    this.#places.delete(folded);
    if (place !== undefined) this.#settle(place, fail({ ...gone(place.channel), text: why }));
  }

  renamedFrom({ source, params }: IrcLine): void {
    // The link has taken the new nick already.
    if (params[0] === this.link.nick && source !== undefined && source.nick !== params[0]) this.#renamed(source.nick);
  }

  /** The answer to the PING behind a JOIN: who is still not in was in before, or never will be told. */
  ponged(token: string): void {
    const barrier = token.startsWith(JOIN_BARRIER) ? Number(token.slice(JOIN_BARRIER.length)) : 0;
    for (const place of this.#places.values()) {
      if (place.joined || place.barrier === 0 || place.barrier > barrier) continue;
      place.joined = true;
      this.#settle(place, ok(undefined));
    }
  }

  #refused({ command, params }: IrcLine): void {
    const place = this.#places.get(this.#fold(params[1] ?? ''));
    if (place === undefined || place.joined) return;
    const refusal = { code: command, command: 'JOIN', target: place.channel, reason: params.at(-1) ?? '' };
    this.#tools.keptOut(place.channel, command);
    if (command === INVITE_ONLY && !place.invited) void this.#enterInvited(place, refusal);
    else this.#turnAway(place, refusal);
  }

  /** The door that keeps us out may be our own: the bot lets us in, if it can, and we try once more. */
  async #enterInvited(place: Place, refusal: Refusal): Promise<void> {
    place.invited = true;
    place.barrier = 0;
    const isInvited = await this.#tools.admit(place.channel, this.link.nick);
    if (this.#places.get(this.#fold(place.channel)) !== place || !this.link.ready) return;
    if (isInvited) this.#ask([place]);
    else this.#turnAway(place, refusal);
  }

  #turnAway(place: Place, refusal: Refusal): void {
    this.#places.delete(this.#fold(place.channel));
    this.#settle(place, fail(refusalToError(refusal)));
  }

  #closed(end: LinkEnd): void {
    const { names, clock, ended } = this.#tools;
    if (end.wasReady) names.release(this.link.nick, clock.nowMs());
    this.outgoing.closed(end.error?.text);
    this.#replies.closed();
    const error = end.error ?? lost(end.why);
    this.#opened.resolve(fail(error));
    for (const place of this.#places.values()) this.#settle(place, fail({ ...error, retry: 'later' }));
    this.#end?.resolve();
    ended(this, end);
  }

  #ask(places: readonly Place[]): void {
    if (places.length === 0) return;
    const askedMs = this.#tools.clock.nowMs();
    const barrier = ++this.#barriers;
    for (const place of places) Object.assign(place, { askedMs, barrier });
    const wishes = places.map(({ channel }) => ({ channel, key: this.#tools.keyOf(channel) }));
    this.link.sendAll(joinLines(wishes, this.link.isupport));
    this.link.send({ command: 'PING', params: [`${JOIN_BARRIER}${barrier}`] });
  }

  #settle(place: Place, result: Result<void>): void {
    for (const resolve of place.waiting.splice(0)) resolve(result);
  }

  #place(channel: string): Place {
    const folded = this.#fold(channel);
    const known = this.#places.get(folded);
    if (known !== undefined) return known;
    const place = makePlace(channel);
    this.#places.set(folded, place);
    return place;
  }

  #fold(name: string): string {
    return fold(name, this.link.isupport.casemapping);
  }
}

const JOIN_BARRIER = 'join-';
const INVITE_ONLY = '473';
