import type { Link } from '../wire/link.ts';
import type { Roster } from './roster.ts';

/** Tells our WHO answers from others. */
const TOKEN = '77';
const PATIENCE_MS = 30_000;

/** Asks one channel after the other for the accounts of its members, where the server can tell them (WHOX). */
export class WhoQueue {
  readonly #link: Link;
  readonly #roster: Roster;
  readonly #waiting: string[] = [];
  #asked: { readonly channel: string; readonly sinceMs: number } | undefined;

  constructor(link: Link, roster: Roster) {
    this.#link = link;
    this.#roster = roster;
  }

  /** NAMES of this channel is complete. */
  add(channel: string, nowMs: number): void {
    if (!this.#link.isupport.whox) {
      this.#roster.accountsTold(channel);
      this.#roster.tellAll(channel);
    } else {
      this.#waiting.push(channel);
      this.#next(nowMs);
    }
  }

  /** Somebody came of whose account nothing was said. */
  again(channel: string, nowMs: number): void {
    if (this.#link.isupport.whox && !this.#waiting.includes(channel)) this.add(channel, nowMs);
  }

  /** `354 me 77 #c nick account`; account `0` for none. */
  reply([, token, , nick, account]: readonly string[]): void {
    if (token === TOKEN && nick !== undefined && account !== undefined)
      this.#roster.account(nick, account === '0' ? null : account);
  }

  /** Who was left out (servers limit long answers) stays unknown: that makes no member a stranger. */
  end(channel: string, nowMs: number): void {
    if (this.#asked !== undefined && this.#link.same(this.#asked.channel, channel)) this.#finish(channel, nowMs);
  }

  tick(nowMs: number): void {
    if (this.#asked !== undefined && nowMs - this.#asked.sinceMs > PATIENCE_MS)
      this.#finish(this.#asked.channel, nowMs);
  }

  #finish(channel: string, nowMs: number): void {
    this.#roster.tellAll(channel);
    this.#asked = undefined;
    this.#next(nowMs);
  }

  #next(nowMs: number): void {
    if (this.#asked !== undefined) return;
    const channel = this.#waiting.shift();
    if (channel === undefined) return;
    this.#asked = { channel, sinceMs: nowMs };
    this.#link.send({ command: 'WHO', params: [channel, `%tcna,${TOKEN}`] });
  }
}
