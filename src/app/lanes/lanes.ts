import { type LaneId, type LaneKind, laneKind } from '../../core/ids.ts';
import { StoreUnavailable } from '../../ports/db.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import { Signal } from '../timing/signal.ts';
import { LaneQueue } from './lane.ts';

/** Carries out the rows of a lane in order; returns when the queue is empty or `stopping` is raised. */
export type LaneDriver = (queue: LaneQueue) => Promise<void>;

export type LaneDrivers = Readonly<Record<LaneKind, LaneDriver>>;

const STORE_RETRY_MS = 500;
/** A row at which our code fails so many times in a row is set aside: one bad row never stops a lane. */
const MAX_BUGS = 3;

/**
 * One serial execution per key. A lane exists in memory only while it has something to do, so that ten thousand silent
 * portals cost nothing.
 */
export class Lanes {
  readonly #kit: Kit;
  readonly #drivers: LaneDrivers;
  readonly #lanes = new Map<LaneId, { queue: LaneQueue; done: Promise<void> }>();
  /** Lanes with rows from before this process, until they are opened. */
  readonly #fromBefore = new Set<LaneId>();
  readonly #stop: Signal;
  #stopping = false;

  constructor(kit: Kit, drivers: LaneDrivers) {
    this.#kit = kit;
    this.#drivers = drivers;
    this.#stop = new Signal(kit.clock);
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** True when the lane has nothing to do. */
  isIdle(lane: LaneId): boolean {
    return !this.#lanes.has(lane);
  }

  /** Rows of a lane that wait in memory. */
  depth(lane: LaneId): number {
    return this.#lanes.get(lane)?.queue.length ?? 0;
  }

  get active(): number {
    return this.#lanes.size;
  }

  /** New rows, already on disk, in order of their ids. */
  add(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      const lane = this.#lanes.get(row.lane);
      if (lane === undefined) this.#open(row.lane, this.#fromBefore.has(row.lane) ? 0 : undefined, [row]);
      else lane.queue.add([row]);
    }
  }

  /** These lanes have rows from before this process. To be said before anything is added; they begin with {@link resume}. */
  expect(lanes: readonly LaneId[]): void {
    for (const lane of lanes) this.#fromBefore.add(lane);
  }

  /** Takes up what an earlier process left, in the lanes where nothing new has done so already. */
  resume(): void {
    for (const lane of [...this.#fromBefore]) this.#open(lane, 0, []);
  }

  /**
   * Rows with ids above `afterId` may be on disk without having been added: nobody knows whether their commit was done.
   */
  recheck(lane: LaneId, afterId: number): void {
    const open = this.#lanes.get(lane);
    if (open !== undefined) open.queue.recheck();
    else this.#open(lane, this.#fromBefore.has(lane) ? 0 : afterId, []);
  }

  /** Lets each lane finish its step in flight; what is left stays on disk. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stop.raise();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.done));
  }

  /** Waits, unless the program stops meanwhile. */
  pause(ms: number): Promise<void> {
    return this.#stopping ? Promise.resolve() : this.#stop.wait(ms);
  }

  #open(id: LaneId, onDiskAfter: number | undefined, rows: readonly OutboxRow[]): void {
    if (this.#stopping) return;
    this.#fromBefore.delete(id);
    const { db, stores } = this.#kit;
    const queue = new LaneQueue(
      id,
      (lane, afterId, limit) => db.transaction((sql) => stores.outbox.open(sql, lane, afterId, limit)),
      onDiskAfter,
    );
    queue.add(rows);
    this.#lanes.set(id, { queue, done: this.#run(queue) });
  }

  async #run(queue: LaneQueue): Promise<void> {
    // A microtask later, so that the lane stands in the table before its first step looks there.
    await Promise.resolve();
    const bugs = { rowId: 0, count: 0 };
    while (!this.#stopping && !queue.isEmpty) {
      try {
        await this.#drivers[laneKind(queue.id)](queue);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) await this.#bug(queue, bugs, describe(error));
        await this.pause(STORE_RETRY_MS);
      }
    }
    this.#lanes.delete(queue.id);
  }

  async #bug(queue: LaneQueue, bugs: { rowId: number; count: number }, error: string): Promise<void> {
    const { db, stores, log } = this.#kit;
    log.error(`lane ${queue.id} met a bug`, { error });
    try {
      const [head] = await queue.peek(1);
      if (head === undefined) return;
      bugs.count = bugs.rowId === head.id ? bugs.count + 1 : 1;
      bugs.rowId = head.id;
      if (bugs.count < MAX_BUGS) return;
      await db.transaction((sql) => stores.outbox.park(sql, head.id, error.slice(0, 2_000)));
      queue.take(head.id);
      log.error('a message was set aside because it made the bridge fail', { lane: queue.id });
    } catch {
      // The database is away: the row is met again.
    }
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
