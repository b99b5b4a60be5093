import type { BridgeError, Result } from '../../core/errors.ts';
import type { SayOnNetwork } from '../../core/events.ts';
import type { OutgoingLine, Receipt, Voice } from '../../ports/network.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import { preparedOf } from './prepared.ts';

/** A stored line and what it says. */
export type StoredLine = { readonly row: OutboxRow; readonly effect: SayOnNetwork };

/** A line that was not confirmed, and why. */
export type Trouble = StoredLine & { readonly error: BridgeError };

type OnItsWay = { readonly rowId: number; readonly voice: string; readonly settled: Promise<void> };

/** Told at once what became of a line, in the order in which the network answers. Neither may throw. */
export type FlightWatch = {
  confirmed(line: StoredLine, receipt: Receipt): void;
  /** Nobody knows whether it arrived; comes before it counts as trouble. */
  lost(line: StoredLine): void;
};

/** The lines of one lane that were handed to a socket and are not answered for yet, and those that went wrong. */
export class Flight {
  readonly #watch: FlightWatch;
  #lines: OnItsWay[] = [];
  #troubles: Trouble[] = [];

  constructor(watch: FlightWatch) {
    this.#watch = watch;
  }

  get size(): number {
    return this.#lines.length;
  }

  /** Of the lines on their way; undefined when there are none. */
  get voice(): string | undefined {
    return this.#lines[0]?.voice;
  }

  get hasTroubles(): boolean {
    return this.#troubles.length > 0;
  }

  has(rowId: number): boolean {
    return this.#lines.some((line) => line.rowId === rowId);
  }

  /** Resolves when the next line of this voice may follow. */
  async launch(voice: Voice, row: OutboxRow, effect: SayOnNetwork): Promise<void> {
    const { style, media } = effect;
    const line: OutgoingLine = { id: row.key, style, ...(media !== undefined && { media }), ...preparedOf(row) };
    const sending = voice.say(line);
    const settled = sending.confirmed
      .catch((error: unknown): Result<Receipt> => ({ ok: false, error: broken(error) }))
      .then((result) => {
        this.#lines = this.#lines.filter((other) => other.rowId !== row.id);
        if (result.ok) this.#watch.confirmed({ row, effect }, result.value);
        else {
          if (result.error.retry === 'lookup') this.#watch.lost({ row, effect });
          this.#troubles.push({ row, effect, error: result.error });
        }
      });
    this.#lines.push({ rowId: row.id, voice: voice.id, settled });
    await Promise.race([sending.written.catch(() => undefined), settled]);
  }

  /** Until one of the lines is answered for. */
  async next(): Promise<void> {
    await Promise.race(this.#lines.map((line) => line.settled));
  }

  /** Until all are. */
  async drain(): Promise<void> {
    while (this.#lines.length > 0) await Promise.all(this.#lines.map((line) => line.settled));
  }

  /** What went wrong since the last call, in the order of the lane. */
  takeTroubles(): readonly Trouble[] {
    const troubles = this.#troubles.toSorted((a, b) => a.row.id - b.row.id);
    this.#troubles = [];
    return troubles;
  }
}

const broken = (error: unknown): BridgeError => ({
  code: 'network.bug',
  text: `It is not known whether the line arrived: ${String(error)}`,
  retry: 'lookup',
  notify: 'log',
});
