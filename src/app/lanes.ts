import { type LaneId, laneDirection } from '../core/ids.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { OutboxRow } from '../ports/stores.ts';
import type { Kit } from './kit.ts';
import { LaneQueue } from './lane.ts';
import { Signal } from './signal.ts';

/** Carries out the rows of a lane in order; returns when the queue is empty or `stopping` is raised. */
export type LaneDriver = (queue: LaneQueue) => Promise<void>;

const STORE_RETRY_MS = 500;

/**
 * One serial execution per key. A lane exists in memory only while it has something to do, so that ten thousand silent
 * portals cost nothing.
 */
export class Lanes {
  readonly #kit: Kit;
  readonly #drivers: { readonly 'to-matrix': LaneDriver; readonly 'to-network': LaneDriver };
  readonly #lanes = new Map<LaneId, { queue: LaneQueue; done: Promise<void> }>();
  readonly #stop: Signal;
  #stopping = false;

  constructor(kit: Kit, drivers: { readonly 'to-matrix': LaneDriver; readonly 'to-network': LaneDriver }) {
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
      if (lane === undefined) this.#open(row.lane, false, [row]);
      else lane.queue.add([row]);
    }
  }

  /** A lane has rows from before this process. */
  resume(lane: LaneId): void {
    if (!this.#lanes.has(lane)) this.#open(lane, true, []);
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

  #open(id: LaneId, onDisk: boolean, rows: readonly OutboxRow[]): void {
    if (this.#stopping) return;
    const { db, stores } = this.#kit;
    const queue = new LaneQueue(
      id,
      (lane, afterId, limit) => db.transaction((sql) => stores.outbox.open(sql, lane, afterId, limit)),
      onDisk,
    );
    queue.add(rows);
    this.#lanes.set(id, { queue, done: this.#run(queue) });
  }

  async #run(queue: LaneQueue): Promise<void> {
    // A microtask later, so that the lane stands in the table before its first step looks there.
    await Promise.resolve();
    while (!this.#stopping && !queue.isEmpty) {
      try {
        await this.#drivers[laneDirection(queue.id)](queue);
      } catch (error) {
        if (!(error instanceof StoreUnavailable))
          this.#kit.log.error(`lane ${queue.id} met a bug`, { error: describe(error) });
        await this.pause(STORE_RETRY_MS);
      }
    }
    this.#lanes.delete(queue.id);
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
