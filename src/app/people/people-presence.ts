import type { NetworkId } from '../../core/ids.ts';
import { awayOf, type Presence } from '../../core/presence.ts';
import type { Network } from '../../ports/network.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { inBackground } from '../timing/background.ts';

/** People of whom it is known how they stand; the oldest are asked for again. */
const REMEMBERED = 10_000;

/**
 * Shows on networks which people of Matrix are away, over connections of their own. The homeserver tells of changes alone: of somebody who
 * comes to a network and of whom nothing was heard, it is asked once.
 */
export class PeoplePresence {
  readonly #kit: Kit;
  readonly #portals: PortalTable;
  readonly #gate: LineGate;
  readonly #isWanted: (network: NetworkId) => boolean;
  readonly #known = new Map<string, Presence | undefined>();

  constructor(kit: Kit, portals: PortalTable, gate: LineGate, isWanted: (network: NetworkId) => boolean) {
    this.#kit = kit;
    this.#portals = portals;
    this.#gate = gate;
    this.#isWanted = isWanted;
  }

  /** @param userId of nobody of ours */
  changed(userId: string, presence: Presence): void {
    this.#remember(userId, presence);
    for (const network of this.#kit.networks.values()) this.#show(network, userId, presence);
  }

  /** These may say more or less than before. @param userIds undefined: perhaps everybody */
  standingChanged(userIds: readonly string[] | undefined): void {
    for (const userId of userIds ?? [...this.#known.keys()]) {
      const presence = this.#known.get(userId);
      if (isAway(presence)) for (const network of this.#kit.networks.values()) this.#show(network, userId, presence);
    }
  }

  #show(network: Network, userId: string, presence: Presence): void {
    if (!this.#isWanted(network.id)) return;
    network.signs?.away(userId, this.#isHeard(network.id, userId) ? awayOf(presence) : undefined);
  }

  /** A person's own connection to a network is there. */
  connected(network: NetworkId, userId: string): void {
    if (!this.#isWanted(network)) return;
    const presence = this.#known.get(userId);
    const there = this.#kit.networks.get(network);
    // Somebody who was let in again is as away as they were before.
    if (isAway(presence) && there !== undefined) this.#show(there, userId, presence);
    if (this.#known.has(userId)) return;
    this.#remember(userId, undefined);
    inBackground(this.#kit, this.#ask(userId));
  }

  /** Of whoever may say nothing there, nothing is said. */
  #isHeard(network: NetworkId, userId: string): boolean {
    return this.#portals.ofNetwork(network).some(({ id }) => this.#gate.toNetwork(id, userId).kind === 'yes');
  }

  async #ask(userId: string): Promise<void> {
    const { homeserver, log } = this.#kit;
    const asked = await homeserver.presenceOf(userId);
    // What was heard meanwhile is newer.
    if (this.#known.get(userId) !== undefined) return;
    if (asked.ok && asked.value !== undefined) this.changed(userId, asked.value);
    if (asked.ok) return;
    log.debug('nobody said whether a person is away', { code: asked.error.code });
    this.#known.delete(userId);
  }

  #remember(userId: string, presence: Presence | undefined): void {
    this.#known.delete(userId);
    this.#known.set(userId, presence);
    if (this.#known.size <= REMEMBERED) return;
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
  }
}

/** Whoever is there needs no sign of it: connections are. */
const isAway = (presence: Presence | undefined): presence is Presence =>
  presence !== undefined && awayOf(presence) !== undefined;
