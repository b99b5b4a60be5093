import type { Link } from '../wire/link.ts';

const PATIENCE_MS = 30_000;

/** Asks one channel after the other for its modes: of a thousand channels none makes lines wait. */
export class ModeQueue {
  readonly #link: Link;
  readonly #waiting = new Set<string>();
  #asked: { readonly channel: string; readonly sinceMs: number } | undefined;

  constructor(link: Link) {
    this.#link = link;
  }

  add(channel: string, nowMs: number): void {
    this.#waiting.add(channel);
    this.#next(nowMs);
  }

  /** `324 me #c +nt` */
  answered(channel: string, nowMs: number): void {
    if (this.#asked === undefined || !this.#link.same(this.#asked.channel, channel)) return;
    this.#asked = undefined;
    this.#next(nowMs);
  }

  tick(nowMs: number): void {
    if (this.#asked === undefined || nowMs - this.#asked.sinceMs <= PATIENCE_MS) return;
    this.#asked = undefined;
    this.#next(nowMs);
  }

  #next(nowMs: number): void {
    const [channel] = this.#waiting;
    if (this.#asked !== undefined || channel === undefined) return;
    this.#waiting.delete(channel);
    this.#asked = { channel, sinceMs: nowMs };
    this.#link.send({ command: 'MODE', params: [channel] });
  }
}
