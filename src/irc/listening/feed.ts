import type { NetworkEvent } from '../../core/events.ts';
import type { Log } from '../../ports/log.ts';
import type { NetworkSink } from '../../ports/network.ts';

export type FeedBounds = { readonly maxLines: number; readonly maxChars: number };

const FEED_BOUNDS: FeedBounds = { maxLines: 10_000, maxChars: 8 * 1024 * 1024 };

/**
 * The way from the listener to the disk. Everything that one read of the socket gave travels together and shares a
 * commit; while that is on its way the next gathers. Order is that of {@link push}. Tells when reading must stop.
 */
export class Feed {
  readonly #sink: Pick<NetworkSink, 'events'>;
  readonly #log: Log;
  readonly #bounds: FeedBounds;
  readonly #onFull: (full: boolean) => void;
  #waiting: NetworkEvent[] = [];
  #sending = false;
  #lines = 0;
  #chars = 0;
  #full = false;
  #idle: Array<() => void> = [];

  constructor(sink: Pick<NetworkSink, 'events'>, log: Log, onFull: (full: boolean) => void, bounds = FEED_BOUNDS) {
    this.#sink = sink;
    this.#log = log;
    this.#onFull = onFull;
    this.#bounds = bounds;
  }

  push(event: NetworkEvent): void {
    this.#waiting.push(event);
    this.#hold(1, weight(event));
    if (this.#sending) return;
    this.#sending = true;
    queueMicrotask(() => void this.#run());
  }

  /** Resolves when everything pushed so far is on disk. */
  settled(): Promise<void> {
    return this.#sending ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const events = this.#waiting;
      this.#waiting = [];
      try {
        await this.#sink.events(events);
      } catch (error) {
        this.#log.error('Lines of the network could not be handed on and are lost; this is a bug.', {
          lines: events.length,
          why: String(error),
        });
      }
      let chars = 0;
      for (const event of events) chars += weight(event);
      this.#hold(-events.length, -chars);
    }
    this.#sending = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #hold(lines: number, chars: number): void {
    this.#lines += lines;
    this.#chars += chars;
    const { maxLines, maxChars } = this.#bounds;
    const full = this.#lines > maxLines || this.#chars > maxChars;
    const drained = this.#lines < maxLines / 2 && this.#chars < maxChars / 2;
    if (this.#full ? !drained : !full) return;
    this.#full = full;
    this.#onFull(full);
  }
}

function weight(event: NetworkEvent): number {
  if (event.kind !== 'message') return 100;
  let chars = 100;
  for (const line of event.lines) chars += line.length;
  return chars;
}
