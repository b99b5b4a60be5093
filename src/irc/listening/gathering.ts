import type { Session } from '../session.ts';
import { hasHistory } from './history-desk.ts';
import type { Joins } from './joins.ts';

/** Whoever leaves so shortly before our own connection ends went down with the server, as we did. */
const TOGETHER_MS = 2_000;
const MAX_LEFT = 10_000;
/** Where many were, some have left for good meanwhile. */
const ENOUGH = 0.9;

type Awaited = { readonly people: number; untilMs: number };

/**
 * When a server that keeps no history restarts, a line that is said before people's clients are back is heard by nobody. So lines
 * wait until as many are in the channel as were there before, for a bounded time.
 */
export class Gathering {
  readonly #waitMs: number;
  readonly #joins: Joins;
  readonly #awaited = new Map<string, Awaited>();
  #left: { readonly channel: string; readonly atMs: number }[] = [];

  /** @param waitMs from entering a channel on */
  constructor(waitMs: number, joins: Joins) {
    this.#waitMs = waitMs;
    this.#joins = joins;
  }

  /** Somebody is gone from the network, and with that from these channels. */
  quit(channels: readonly string[], nowMs: number): void {
    this.#forgetEarlier(nowMs);
    for (const channel of channels) if (this.#left.length < MAX_LEFT) this.#left.push({ channel, atMs: nowMs });
  }

  /** Our own connection is gone. */
  lost({ link, roster }: Session, nowMs: number): void {
    this.#forgetEarlier(nowMs);
    const left = this.#left.map(({ channel }) => this.#joins.get(channel)?.channel);
    this.#left = [];
    for (const { channel, state } of this.#joins.all()) {
      const before = this.#awaited.get(channel);
      // The server may go again before everybody is back.
      const stillAwaited = before === undefined || nowMs > before.untilMs ? 0 : before.people;
      const here = state === 'joined' && !hasHistory(link) ? roster.size(channel) : 0;
      const people = Math.max(stillAwaited, here + left.filter((name) => name === channel).length);
      if (people === 0) this.#awaited.delete(channel);
      else this.#awaited.set(channel, { people, untilMs: Number.POSITIVE_INFINITY });
    }
  }

  entered(channel: string, nowMs: number): void {
    const awaited = this.#awaited.get(channel);
    if (awaited !== undefined) awaited.untilMs = nowMs + this.#waitMs;
  }

  /** Whether a line that is said in this channel now would miss people who are on their way back. */
  awaits(channel: string): boolean {
    const wished = this.#joins.get(channel);
    return wished?.state === 'joined' && this.#awaited.has(wished.channel);
  }

  /** @returns whether somewhere nobody is awaited any longer */
  tick({ roster }: Session, nowMs: number): boolean {
    let isOver = false;
    for (const [channel, { people, untilMs }] of this.#awaited) {
      const isThere = this.#joins.get(channel)?.state === 'joined';
      if (nowMs <= untilMs && !(isThere && roster.size(channel) >= Math.ceil(people * ENOUGH))) continue;
      this.#awaited.delete(channel);
      isOver = true;
    }
    return isOver;
  }

  /** They stand in the order of their leaving: a netsplit of thousands is not gone through for each of them. */
  #forgetEarlier(nowMs: number): void {
    const first = this.#left.findIndex(({ atMs }) => nowMs - atMs < TOGETHER_MS);
    if (first !== 0) this.#left.splice(0, first < 0 ? this.#left.length : first);
  }
}
