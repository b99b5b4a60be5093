import type { Link } from '../wire/link.ts';
import type { Roster } from './roster.ts';

/** Tells our WHO answers from others. */
const TOKEN = '77';
const PATIENCE_MS = 30_000;

/**
 * Asks one channel after the other for the accounts of its members, where the server can tell them (WHOX), and for who of them is away,
 * where it tells changes of that as well (away-notify).
 */
export class WhoQueue {
  readonly #link: Link;
  readonly #roster: Roster;
  readonly #wantsAway: boolean;
  readonly #waiting: string[] = [];
  #asked: { readonly channel: string; readonly sinceMs: number } | undefined;

  /** @param wantsAway somebody wants to know who is away: that is asked for also where nothing else has to be */
  constructor(link: Link, roster: Roster, wantsAway: boolean) {
    this.#link = link;
    this.#roster = roster;
    this.#wantsAway = wantsAway && link.hasCap('away-notify');
  }

  /** NAMES of this channel is complete. */
  add(channel: string, nowMs: number): void {
    const { whox } = this.#link.isupport;
    if (!whox) {
      this.#roster.accountsTold(channel);
      this.#roster.tellAll(channel);
    }
    if (!whox && !this.#wantsAway) return;
    this.#waiting.push(channel);
    this.#next(nowMs);
  }

  /** Somebody came of whose account nothing was said. */
  again(channel: string, nowMs: number): void {
    if (this.#link.isupport.whox && !this.#waiting.includes(channel)) this.add(channel, nowMs);
  }

  /** `354 me 77 #c nick flags account`, without flags where they were not asked for; account `0` for none. */
  reply([, token, , nick, ...rest]: readonly string[]): void {
    const account = rest.at(-1);
    if (token !== TOKEN || nick === undefined || account === undefined) return;
    this.#roster.account(nick, account === '0' ? null : account);
    if (this.#wantsAway && rest.length > 1) this.#flags(nick, rest[0]);
  }

  /** `352 me #c user host server nick flags :hops realname` (RFC 2812 §5.1). */
  plainReply([, , , , , nick, flags]: readonly string[]): void {
    if (this.#wantsAway && nick !== undefined) this.#flags(nick, flags);
  }

  /** Who was left out (servers limit long answers) stays unknown: that makes no member a stranger. */
  end(channel: string, nowMs: number): void {
    if (this.#asked !== undefined && this.#link.same(this.#asked.channel, channel)) this.#finish(channel, nowMs);
  }

  tick(nowMs: number): void {
    if (this.#asked !== undefined && nowMs - this.#asked.sinceMs > PATIENCE_MS)
      this.#finish(this.#asked.channel, nowMs);
  }

  /** `H` is here, `G` is gone. */
  #flags(nick: string, flags = ''): void {
    if (/^[HG]/.test(flags)) this.#roster.listedAway(nick, flags.startsWith('G'));
  }

  #finish(channel: string, nowMs: number): void {
    if (this.#link.isupport.whox) this.#roster.tellAll(channel);
    this.#asked = undefined;
    this.#next(nowMs);
  }

  #next(nowMs: number): void {
    if (this.#asked !== undefined) return;
    const channel = this.#waiting.shift();
    if (channel === undefined) return;
    this.#asked = { channel, sinceMs: nowMs };
    const fields = this.#wantsAway ? 'tcnfa' : 'tcna';
    this.#link.send({
      command: 'WHO',
      params: this.#link.isupport.whox ? [channel, `%${fields},${TOKEN}`] : [channel],
    });
  }
}
