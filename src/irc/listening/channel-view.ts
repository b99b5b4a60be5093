import type { NetworkEvent } from '../../core/events.ts';
import type { MessageKey } from '../../core/ids.ts';
import type { NetworkSink } from '../../ports/network.ts';
import { type CatchUpTools, type Caught, catchUp } from './catch-up.ts';
import type { Feed } from './feed.ts';
import type { Spoken } from './reading.ts';

/** Live lines held while history is fetched; beyond, they are let go and fetched with the history. */
const MAX_HELD = 2000;
const MAX_ROUNDS = 5;

export type ViewTools = {
  readonly feed: Feed;
  readonly sink: Pick<NetworkSink, 'resumePoint'>;
  /** Waits for a turn: few channels fetch at the same time. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly catchUpTools: () => Omit<CatchUpTools, 'replayed'> | undefined;
};

/**
 * The listener's sight of one channel. After every join what was missed comes first: live lines wait until history has been fetched up
 * to them.
 */
export class ChannelView {
  readonly #tools: ViewTools;
  readonly #channel: string;
  /** Held from the beginning: Ergo may let us hear somebody before it tells us that we are in. */
  #held: NetworkEvent[] | undefined = [];
  #overflowed = false;
  #replayed: Spoken[] = [];
  /** Changes with every join: what an older one began has no say any more. */
  #visit = 0;

  constructor(channel: string, tools: ViewTools) {
    this.#channel = channel;
    this.#tools = tools;
  }

  get live(): boolean {
    return this.#held === undefined;
  }

  /** @param awayFromMs since when nothing was heard; undefined where nobody noted it, which means since the last line */
  async joined(awayFromMs: number | undefined): Promise<void> {
    const visit = ++this.#visit;
    this.#held ??= [];
    await this.#tools.turn(() => this.#catchUp(visit, awayFromMs));
  }

  /** A live event of this channel, in order of arrival. */
  push(event: NetworkEvent): void {
    if (this.#held === undefined) this.#tools.feed.push(event);
    else if (this.#held.length < MAX_HELD) this.#held.push(event);
    else this.#overflowed = true;
  }

  /** What a server replays by itself on joining. Such a replay comes right after the join, or never. */
  replayed(spoken: readonly Spoken[]): void {
    if (this.#held !== undefined && this.#replayed.length < MAX_HELD) this.#replayed.push(...spoken);
  }

  /** The listener left, or its connection ended. */
  left(): void {
    this.#visit++;
    this.#held = [];
    this.#replayed = [];
    this.#overflowed = false;
  }

  async #catchUp(visit: number, awayFromMs: number | undefined): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.#overflowed = false;
      await this.#tools.feed.settled();
      const resume = await this.#tools.sink.resumePoint(this.#channel);
      const tools = this.#tools.catchUpTools();
      if (visit !== this.#visit || tools === undefined) return;
      const caught =
        resume === undefined
          ? NOTHING
          : await catchUp(
              { ...tools, replayed: () => this.#replayed },
              this.#channel,
              resume,
              // Later rounds begin where the last one ended.
              round === 0 ? awayFromMs || undefined : undefined,
            );
      if (visit !== this.#visit || caught === undefined) return;
      for (const event of caught.events) this.#tools.feed.push(event);
      if (!this.#overflowed) {
        this.#release(caught.keys);
        return;
      }
      this.#held = [];
    }
    this.#release(new Set());
  }

  /** Gives on what came live meanwhile, except what history brought already. */
  #release(keys: ReadonlySet<MessageKey>): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#replayed = [];
    for (const event of held) if (!keys.has(event.key)) this.#tools.feed.push(event);
  }
}

const NOTHING: Caught = { events: [], keys: new Set() };
