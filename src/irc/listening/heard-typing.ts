import type { NetworkSource } from '../../core/events.ts';
import type { NetworkSink } from '../../ports/network.ts';

/** A client may say every 3 s that somebody types; of one that says it more often the rest is not heard (IRCv3 typing). */
const EVERY_MS = 2_500;
const REMEMBERED = 1_000;

/** Typing as the listener hears it, told on at most every few seconds for each person and channel. */
export class HeardTyping {
  readonly #sink: Pick<NetworkSink, 'typing'>;
  readonly #told = new Map<string, { readonly active: boolean; readonly atMs: number }>();

  constructor(sink: Pick<NetworkSink, 'typing'>) {
    this.#sink = sink;
  }

  heard(channel: string, source: NetworkSource, active: boolean, nowMs: number): void {
    const key = `${channel} ${source.nick}`;
    const before = this.#told.get(key);
    if (before === undefined ? !active : before.active === active && nowMs - before.atMs < EVERY_MS) return;
    if (this.#told.size >= REMEMBERED) this.#told.clear();
    if (active) this.#told.set(key, { active, atMs: nowMs });
    else this.#told.delete(key);
    this.#sink.typing(channel, source, active);
  }
}
