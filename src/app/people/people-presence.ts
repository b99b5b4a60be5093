import type { NetworkId } from '../../core/ids.ts';
import { awayOf, type Presence } from '../../core/presence.ts';
import type { Kit } from '../kit.ts';
import { inBackground } from '../timing/background.ts';

/** People of whom it is known how they stand; the oldest are asked for again. */
const REMEMBERED = 10_000;

/**
 * Shows on networks which people of Matrix are away, over connections of their own. The homeserver tells of changes alone: of somebody who
 * comes to a network and of whom nothing was heard, it is asked once.
 */
export class PeoplePresence {
  readonly #kit: Kit;
  readonly #isWanted: (network: NetworkId) => boolean;
  readonly #known = new Map<string, Presence | undefined>();

  constructor(kit: Kit, isWanted: (network: NetworkId) => boolean) {
    this.#kit = kit;
    this.#isWanted = isWanted;
  }

  /** @param userId of nobody of ours */
  changed(userId: string, presence: Presence): void {
    this.#remember(userId, presence);
    for (const network of this.#kit.networks.values())
      if (this.#isWanted(network.id)) network.signs?.away(userId, awayOf(presence));
  }

  /** A person's own connection to a network is there. */
  connected(network: NetworkId, userId: string): void {
    if (!this.#isWanted(network) || this.#known.has(userId)) return;
    this.#remember(userId, undefined);
    inBackground(this.#kit, this.#ask(userId));
  }

  async #ask(userId: string): Promise<void> {
    const { homeserver, log } = this.#kit;
    const asked = await homeserver.presenceOf(userId);
    if (!asked.ok) log.debug('nobody said whether a person is away', { code: asked.error.code });
    // What was heard meanwhile is newer.
    else if (asked.value !== undefined && this.#known.get(userId) === undefined) this.changed(userId, asked.value);
  }

  #remember(userId: string, presence: Presence | undefined): void {
    this.#known.delete(userId);
    this.#known.set(userId, presence);
    if (this.#known.size <= REMEMBERED) return;
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
  }
}
