import type { LaneId } from '../../core/ids.ts';
import type { OutboxRow } from '../../ports/stores.ts';

/** Rows of one lane held in memory; what is more stays on disk. */
const WINDOW = 256;

export type LoadRows = (lane: LaneId, afterId: number, limit: number) => Promise<OutboxRow[]>;

/**
 * The open rows of one lane, in order, as a window over the disk. Rows come in by {@link add} once their commit is
 * done, in the order of their ids, and go out by {@link take} once they are settled.
 */
export class LaneQueue {
  readonly id: LaneId;
  readonly #load: LoadRows;
  #rows: OutboxRow[] = [];
  /** Largest id that is or was in the window. */
  #lastId: number;
  #moreOnDisk: boolean;
  #loading = false;

  /** @param onDiskAfter rows with a larger id may wait on disk; undefined: none do */
  constructor(id: LaneId, load: LoadRows, onDiskAfter?: number) {
    this.id = id;
    this.#load = load;
    this.#lastId = onDiskAfter ?? 0;
    this.#moreOnDisk = onDiskAfter !== undefined;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0 && !this.#moreOnDisk;
  }

  /** How many rows are known to wait; more may be on disk. */
  get length(): number {
    return this.#rows.length;
  }

  add(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      if (row.id <= this.#lastId) throw new Error(`lane ${this.id}: row ${row.id} came after ${this.#lastId}`);
      if (this.#moreOnDisk || this.#loading || this.#rows.length >= WINDOW) this.#moreOnDisk = true;
      else {
        this.#rows.push(row);
        this.#lastId = row.id;
      }
    }
  }

  /** Rows may have been stored that were never handed in. */
  recheck(): void {
    this.#moreOnDisk = true;
  }

  /** The first rows, at most `count`; loads from disk what is missing. */
  async peek(count: number): Promise<readonly OutboxRow[]> {
    if (this.#rows.length < count && this.#moreOnDisk && this.#rows.length < WINDOW / 2) await this.#fill();
    return this.#rows.slice(0, count);
  }

  /** Forgets a settled row. */
  take(id: number): void {
    const index = this.#rows.findIndex((row) => row.id === id);
    if (index >= 0) this.#rows.splice(index, 1);
  }

  /** Replaces a row by what is now stored of it. */
  update(row: OutboxRow): void {
    const index = this.#rows.findIndex((other) => other.id === row.id);
    if (index >= 0) this.#rows[index] = row;
  }

  async #fill(): Promise<void> {
    this.#loading = true;
    this.#moreOnDisk = false;
    try {
      const wanted = WINDOW - this.#rows.length;
      const rows = await this.#load(this.id, this.#lastId, wanted);
      for (const row of rows) {
        this.#rows.push(row);
        this.#lastId = row.id;
      }
      if (rows.length === wanted) this.#moreOnDisk = true;
    } catch (error) {
      this.#moreOnDisk = true;
      throw error;
    } finally {
      this.#loading = false;
    }
  }
}
