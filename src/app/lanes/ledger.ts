import type { Effect, KeyedEffect } from '../../core/events.ts';
import type { LaneId } from '../../core/ids.ts';
import { type Sql, StoreUnavailable } from '../../ports/db.ts';
import type { OutboxRow, OutboxState } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { Lanes } from './lanes.ts';

/** Rows that may be in doubt after a crash without ever having been marked one by one. */
const EAGER_DEPTH = 16;
/**
 * Longest key as it is, in UTF-16 units. What is longer (a server may send a msgid of 4 KB) is told apart by its digest:
 * the stores shorten keys too, and a key has to be the same in memory, on disk and in the marker by which it is found.
 */
const MAX_KEY_UNITS = 160;

/** What a writer may do within one commit. */
export type Entry = {
  readonly sql: Sql;
  /** Stores effects at the end of a lane; those whose key is known are left out. */
  enqueue(lane: LaneId, effects: readonly KeyedEffect[], receivedAtMs: number): Promise<void>;
  /** Runs once all of this is on disk, in the order of commits. */
  afterCommit(run: () => void): void;
  nextId(): number;
};

/**
 * The one door through which effects enter lanes. Ids are given inside the commit and rows handed to lanes in the order
 * of commits, so that a lane's order is the order of ids, always.
 */
export class Ledger {
  readonly #kit: Kit;
  readonly #lanes: () => Lanes;
  readonly #noted: (effect: Effect) => void;
  #lastId = 0;

  /** @param noted told of each effect as it is about to be stored */
  constructor(kit: Kit, lanes: () => Lanes, noted: (effect: Effect) => void = () => {}) {
    this.#kit = kit;
    this.#lanes = lanes;
    this.#noted = noted;
  }

  /** Continues the numbering of an earlier process. @returns the last id that it gave */
  async open(): Promise<number> {
    const { db, stores } = this.#kit;
    this.#lastId = await db.transaction(async (sql) =>
      Math.max(await stores.inbox.maxId(sql), await stores.outbox.maxId(sql)),
    );
    return this.#lastId;
  }

  /**
   * @throws {StoreUnavailable} when nothing was stored, or nobody knows (`maybeStored`): then the lanes look on disk
   */
  write<T>(work: (entry: Entry) => Promise<T>): Promise<T> {
    const { db, stores, clock } = this.#kit;
    const stored: OutboxRow[] = [];
    const after: (() => void)[] = [];
    const lanes = this.#lanes();
    const committed = db.transaction((sql) =>
      work({
        sql,
        nextId: () => ++this.#lastId,
        afterCommit: (run) => after.push(run),
        enqueue: async (lane, effects, receivedAtMs) => {
          if (effects.length === 0) return;
          for (const { effect } of effects) this.#noted(effect);
          const rows = effects.map(({ key, effect }) => ({
            id: ++this.#lastId,
            lane,
            key: this.#key(key),
            payload: JSON.stringify(effect),
            state: this.#firstState(lane, lanes),
            attempts: 0,
            createdAtMs: Math.min(receivedAtMs, clock.nowMs()),
            detail: null,
            error: null,
          }));
          stored.push(...(await stores.outbox.insert(sql, rows)));
        },
      }),
    );
    // Attached at once: callbacks run in the order in which commits resolve.
    return committed.then(
      (value) => {
        lanes.add(stored);
        for (const run of after) run();
        return value;
      },
      (error: unknown) => {
        const first = stored[0];
        if (first !== undefined && error instanceof StoreUnavailable && error.maybeStored)
          for (const lane of new Set(stored.map((row) => row.lane))) lanes.recheck(lane, first.id - 1);
        throw error;
      },
    );
  }

  #key(key: string): string {
    if (key.length <= MAX_KEY_UNITS && key.isWellFormed() && !key.includes('\0')) return key;
    return `${key.slice(0, 40).toWellFormed().replaceAll('\0', '')}~${this.#kit.digest(key)}`;
  }

  /**
   * A line to Matrix goes out right after this commit when its lane is short: it is marked now, and needs no commit of
   * its own before the wire. One too many marked costs one lookup after a crash, nothing else.
   */
  #firstState(lane: LaneId, lanes: Lanes): OutboxState {
    return lane.startsWith('to-matrix:') && lanes.depth(lane) < EAGER_DEPTH ? 'sending' : 'pending';
  }
}
