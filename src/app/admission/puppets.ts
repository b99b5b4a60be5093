import type { Network } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { Admission } from './admission.ts';

/** People looked at in one go: with fifty channels, a few milliseconds. */
const AT_A_TIME = 20;

export type PuppetsParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly admission: Admission;
  readonly isOurs: (userId: string) => boolean;
};

/** Takes the connections of people away who may not have them any more. */
export class Puppets {
  readonly #parts: PuppetsParts;

  constructor(parts: PuppetsParts) {
    this.#parts = parts;
  }

  /** @param userIds of whom something changed; undefined: perhaps of anybody */
  follow(userIds: readonly string[] | undefined): void {
    if (!this.#parts.admission.isEnforced) return;
    this.#followAll(userIds ?? [...this.#parts.admission.matrixIds()]).catch((error: unknown) =>
      this.#parts.kit.log.error('a bug: connections were not looked at', { error: String(error) }),
    );
  }

  async #followAll(userIds: readonly string[]): Promise<void> {
    const { kit, portals } = this.#parts;
    const places = [...kit.networks.values()].map((network) => ({ network, portals: portals.ofNetwork(network.id) }));
    for (const [at, userId] of userIds.entries()) {
      if (at > 0 && at % AT_A_TIME === 0) await new Promise<void>((resolve) => kit.clock.after(0, resolve));
      for (const { network, portals: mine } of places) this.#follow(userId, network, mine);
    }
  }

  #follow(userId: string, network: Network, mine: readonly Portal[]): void {
    const denied = mine.filter((portal) => !this.#mayHave(userId, portal));
    if (denied.length === 0) return;
    const why = 'not admitted any more';
    const gone =
      denied.length === mine.length
        ? network.evict(userId, why)
        : Promise.all(denied.map((portal) => network.dismiss(userId, portal.channel, why)));
    gone.catch((error: unknown) =>
      this.#parts.kit.log.warn('a connection could not be taken back', { network: network.id, error: String(error) }),
    );
  }

  #mayHave(userId: string, portal: Portal): boolean {
    const { admission } = this.#parts;
    return admission.resourceOf(portal) === undefined || admission.standingOf(userId, `channel:${portal.id}`).puppet;
  }
}
