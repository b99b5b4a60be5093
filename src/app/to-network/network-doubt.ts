import type { BridgeError } from '../../core/errors.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { LookupAnswer } from '../../ports/network.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { StoredLine } from '../lanes/flight.ts';
import { preparedOf } from '../lanes/prepared.ts';

/**
 * Lines to networks of which nobody knows whether they arrived, and what the network says of them. Outlives the spells of
 * work of a lane, so that a line in doubt stays in doubt whatever else goes wrong.
 */
export class NetworkDoubts {
  readonly #kit: Kit;
  /** Last id given by an earlier process: rows up to it that are `sending` are in doubt. */
  readonly #bootId: number;
  /** Rows of an earlier process of which we know how they stand. */
  readonly #settled = new Set<number>();
  /** Rows whose connection was lost before they were confirmed. */
  readonly #lost = new Set<number>();

  constructor(kit: Kit, bootId: number) {
    this.#kit = kit;
    this.#bootId = bootId;
  }

  /** Has to be looked up before it or anything behind it goes out. */
  isDoubtful(row: OutboxRow): boolean {
    if (row.state !== 'sending') return false;
    return this.#lost.has(row.id) || (row.id <= this.#bootId && !this.#settled.has(row.id));
  }

  lost(row: OutboxRow): void {
    this.#lost.add(row.id);
  }

  /** We know how the row stands: it was looked up, or marked just now. */
  settled(row: OutboxRow): void {
    this.#lost.delete(row.id);
    if (row.id <= this.#bootId) this.#settled.add(row.id);
  }

  policy(network: NetworkId): 'resend' | 'drop' {
    return this.#kit.networks.get(network)?.inDoubt ?? 'resend';
  }

  /** @returns answers by row key; undefined while the network cannot be asked */
  async ask(lines: readonly StoredLine[]): Promise<ReadonlyMap<string, LookupAnswer> | undefined> {
    const answers = new Map<string, LookupAnswer>();
    for (const [userId, some] of Map.groupBy(lines, (line) => line.effect.userId)) {
      const [first] = some;
      if (first === undefined) continue;
      const { network: id, channel } = first.effect;
      const network = this.#kit.networks.get(id);
      if (network === undefined) continue;
      if (network.status().state !== 'up') return undefined;
      const found = await network.lookup(
        channel,
        userId,
        some.map(({ row, effect }) => ({ id: row.key, style: effect.style, ...preparedOf(row) })),
        Math.min(...some.map(({ row }) => row.createdAtMs)),
      );
      for (const [key, answer] of found) answers.set(key, answer);
    }
    return answers;
  }
}

/** What becomes of a line of which nobody can say whether it arrived. */
export const SENT_AGAIN = 'it is sent again as configured (inDoubt: resend)';
export const DROPPED = 'it is dropped as configured (inDoubt: drop)';

/** What is said of it, where somebody asks. */
export const NOT_SAID: BridgeError = {
  code: 'network.in-doubt',
  text: 'It is not known whether this reached the network, and it is not said again.',
  retry: 'never',
  notify: 'log',
};
