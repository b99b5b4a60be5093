import { type Casemapping, fold } from '../../core/irc/casemap.ts';
import type { Heard, NetworkSink } from '../../ports/network.ts';
import type { Feed } from './feed.ts';
import type { Joins } from './joins.ts';

/** What lies unread in our own buffers is said to be unheard, too. */
const UNREAD_MS = 1000;

export type HearingTools = {
  readonly sink: Pick<NetworkSink, 'heardUntil' | 'heardBefore'>;
  readonly joins: Joins;
  readonly feed: Pick<Feed, 'settled'>;
  readonly everyMs: number;
};

/**
 * Notes up to when the channels were heard, so that a gap begins there and not at the last line: where nobody spoke, nothing may be
 * lost. A note is written behind the lines that it vouches for.
 */
export class Hearing {
  readonly #tools: HearingTools;
  #before: Heard | undefined;
  /** Of `#before`, as the server compares names: thousands of channels are looked up in it every few seconds. */
  #away: { readonly mapping: Casemapping; readonly fromMs: ReadonlyMap<string, number> } | undefined;
  /** Channels that this process was in. */
  readonly #entered = new Set<string>();
  #notedMs = 0;
  #next: Heard | undefined;
  #noting: Promise<void> | undefined;

  constructor(tools: HearingTools) {
    this.#tools = tools;
  }

  /** Takes over what an earlier process noted. */
  async load(): Promise<void> {
    this.#before = await this.#tools.sink.heardBefore();
  }

  /** Up to when an earlier process heard a channel; undefined where that is not known. */
  beforeOf(channel: string, mapping: Casemapping): number | undefined {
    if (this.#before === undefined || this.#entered.has(fold(channel, mapping))) return undefined;
    if (this.#away?.mapping !== mapping) this.#away = { mapping, fromMs: foldedKeys(this.#before.awayFromMs, mapping) };
    return this.#away.fromMs.get(fold(channel, mapping)) ?? this.#before.untilMs;
  }

  /** The channel is entered: what an earlier process heard of it is told once, and is old from now on. */
  entered(channel: string, mapping: Casemapping): number | undefined {
    const beforeMs = this.beforeOf(channel, mapping);
    this.#entered.add(fold(channel, mapping));
    return beforeMs;
  }

  /** @param networkMs the time by the network's clock */
  tick(nowMs: number, networkMs: number, mapping: Casemapping): void {
    if (nowMs - this.#notedMs < this.#tools.everyMs) return;
    this.#notedMs = nowMs;
    this.note(networkMs - UNREAD_MS, mapping);
  }

  /** Everything up to here was read, and is or will be on disk. */
  note(untilMs: number, mapping: Casemapping): void {
    const { joins } = this.#tools;
    const awayFromMs = new Map<string, number>();
    for (const { channel, view, awayFromMs: sinceMs } of joins.all()) {
      // 0: not known, so since the last line.
      if (!view.live) awayFromMs.set(channel, sinceMs ?? this.beforeOf(channel, mapping) ?? 0);
    }
    this.#next = { untilMs, awayFromMs };
    this.#noting ??= this.#write();
  }

  /** Resolves when what was noted is on disk. */
  async settled(): Promise<void> {
    await this.#noting;
  }

  /** While the disk is away only the newest note waits for it. */
  async #write(): Promise<void> {
    const { feed, sink } = this.#tools;
    for (let heard = this.#next; heard !== undefined; heard = this.#next) {
      await feed.settled();
      await sink.heardUntil(heard);
      if (this.#next === heard) this.#next = undefined;
    }
    this.#noting = undefined;
  }
}

function foldedKeys<T>(map: ReadonlyMap<string, T>, mapping: Casemapping): ReadonlyMap<string, T> {
  return new Map([...map].map(([name, value]) => [fold(name, mapping), value]));
}
