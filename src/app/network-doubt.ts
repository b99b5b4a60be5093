import type { SayOnNetwork } from '../core/events.ts';
import type { NetworkId } from '../core/ids.ts';
import type { LookupAnswer, OutgoingLine } from '../ports/network.ts';
import type { OutboxRow } from '../ports/stores.ts';
import type { Kit } from './kit.ts';

type Lost = { readonly row: OutboxRow; readonly effect: SayOnNetwork; readonly line: OutgoingLine };

/** Lines to networks of which nobody knows whether they arrived, and what the network says of them. */
export class NetworkDoubts {
  readonly #kit: Kit;
  /** Last id given by an earlier process: rows up to it that are `sending` are in doubt. */
  readonly #bootId: number;
  readonly #settled = new Set<number>();

  constructor(kit: Kit, bootId: number) {
    this.#kit = kit;
    this.#bootId = bootId;
  }

  isDoubtful(row: OutboxRow): boolean {
    return row.state === 'sending' && row.id <= this.#bootId && !this.#settled.has(row.id);
  }

  /** This process marked the row itself. */
  markedNow(id: number): void {
    if (id <= this.#bootId) this.#settled.add(id);
  }

  /** The row was looked up and never arrived. */
  cleared(id: number): void {
    this.markedNow(id);
  }

  policy(network: NetworkId): 'resend' | 'drop' {
    return this.#kit.networks.get(network)?.inDoubt ?? 'resend';
  }

  /** @returns answers by row key; undefined while the network cannot be asked */
  async ask(lost: readonly Lost[]): Promise<ReadonlyMap<string, LookupAnswer> | undefined> {
    const answers = new Map<string, LookupAnswer>();
    for (const [userId, lines] of Map.groupBy(lost, (line) => line.effect.userId)) {
      const first = lines[0];
      if (first === undefined) continue;
      const { network: id, channel } = first.effect;
      const network = this.#kit.networks.get(id);
      if (network === undefined) continue;
      if (network.status().state !== 'up') return undefined;
      const sinceMs = Math.min(...lines.map((line) => line.row.createdAtMs));
      const found = await network.lookup(
        channel,
        userId,
        lines.map((line) => line.line),
        sinceMs,
      );
      for (const [key, answer] of found) answers.set(key, answer);
    }
    return answers;
  }
}
