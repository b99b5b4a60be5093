import { cutToBytes } from '../../core/irc/cut.ts';
import { type OutgoingLine, sanitizeText } from '../../core/irc/encode.ts';
import { isChannelName } from '../../core/irc/isupport.ts';
import { markRead, READ_MARKER } from '../../core/irc/read-marker.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PeopleSigns } from '../../ports/people-signs.ts';
import type { Puppet } from './puppet.ts';

/** People, and channels that people have read; the oldest are forgotten. */
const REMEMBERED = 10_000;
/** AWAYLEN may be anything, and the line has to fit. */
const MAX_AWAY_BYTES = 400;

/** What the server was told over one connection. */
type Told = { away: string | undefined; awayAtMs: number; readonly read: Map<string, number>; readAtMs: number };

/**
 * What is to be shown is compared with what a connection was told, at every pulse, so that a connection that comes later is told as
 * well, and one that has lines to say is told when they are said.
 */
export class ConnectionSigns implements PeopleSigns {
  readonly #puppetOf: (userId: string) => Puppet | undefined;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #away = new Map<string, string | undefined>();
  /** By user id, then by channel. */
  readonly #read = new Map<string, Map<string, number>>();
  readonly #told = new WeakMap<Puppet, Told>();

  /** @param everyMs least time between two signs of a kind over one connection: the last one counts */
  constructor(puppetOf: (userId: string) => Puppet | undefined, clock: Clock, everyMs: number) {
    this.#puppetOf = puppetOf;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  away(userId: string, text: string | undefined): void {
    this.#away.delete(userId);
    this.#away.set(userId, text);
    forgetOldest(this.#away);
  }

  read(userId: string, channel: string, untilMs: number): void {
    const channels = this.#read.get(userId) ?? new Map<string, number>();
    this.#read.delete(userId);
    this.#read.set(userId, channels);
    forgetOldest(this.#read);
    channels.set(channel, Math.max(untilMs, channels.get(channel) ?? 0));
    forgetOldest(channels);
  }

  tick(): void {
    const nowMs = this.#clock.nowMs();
    for (const [userId, text] of this.#away) {
      const puppet = this.#puppetOf(userId);
      // Connections are here by themselves: nobody has to be told of those who are back.
      if (text === undefined && (puppet === undefined || this.#toldOver(puppet).away === undefined))
        this.#away.delete(userId);
      else if (puppet !== undefined) this.#showAway(puppet, text, nowMs);
    }
    for (const [userId, channels] of this.#read) {
      const puppet = this.#puppetOf(userId);
      if (puppet !== undefined) this.#showRead(puppet, channels, nowMs);
    }
  }

  #showAway(puppet: Puppet, text: string | undefined, nowMs: number): void {
    const told = this.#toldOver(puppet);
    if (told.away === text || nowMs - told.awayAtMs < this.#everyMs || !puppet.outgoing.idle) return;
    const maxBytes = Math.min(puppet.link.isupport.awayLen, MAX_AWAY_BYTES);
    const said = text === undefined ? [] : [cutToBytes(sanitizeText(text), maxBytes)];
    show(puppet, { command: 'AWAY', params: said });
    told.away = text;
    told.awayAtMs = nowMs;
  }

  /** Of a nick that is nobody's account, markers are nobody's. One line at a time: a person reads one channel. */
  #showRead(puppet: Puppet, channels: Map<string, number>, nowMs: number): void {
    const told = this.#toldOver(puppet);
    const { link, outgoing } = puppet;
    if (nowMs - told.readAtMs < this.#everyMs || !outgoing.idle) return;
    if (!link.hasCap(READ_MARKER) || link.account === null) return;
    for (const [channel, untilMs] of channels) {
      if (untilMs <= (told.read.get(channel) ?? 0)) continue;
      if (isChannelName(channel, link.isupport) && !puppet.isIn(channel)) continue;
      // What is said next must not count as read because clocks differ.
      const line = markRead(channel, Math.min(untilMs, link.serverMs()));
      told.read.set(channel, untilMs);
      forgetOldest(told.read);
      if (line === undefined) continue;
      show(puppet, line);
      told.readAtMs = nowMs;
      return;
    }
  }

  #toldOver(puppet: Puppet): Told {
    const known = this.#told.get(puppet);
    if (known !== undefined) return known;
    const never = Number.NEGATIVE_INFINITY;
    const told: Told = { away: undefined, awayAtMs: never, read: new Map(), readAtMs: never };
    this.#told.set(puppet, told);
    return told;
  }
}

/** Nobody waits for the answer; its label keeps it from being taken for that of a line. */
function show({ link }: Puppet, line: OutgoingLine): void {
  const label = link.label();
  link.send(label === undefined ? line : { ...line, tags: new Map([['label', label]]) });
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= REMEMBERED) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
