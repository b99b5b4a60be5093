import type { Kit } from '../kit.ts';
import type { Portal, PortalTable } from '../portal-table.ts';
import type { Admission } from './admission.ts';

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

  /** @param subjects of whom something changed; undefined: perhaps of anybody */
  follow(subjects: readonly string[] | undefined): void {
    const { admission, kit, portals } = this.#parts;
    const all = [...portals.all()];
    for (const userId of admission.matrixIds(subjects === undefined ? undefined : new Set(subjects)))
      for (const network of kit.networks.values()) {
        const mine = all.filter((portal) => portal.network === network.id);
        const denied = mine.filter((portal) => !this.#mayHave(userId, portal));
        if (denied.length === 0) continue;
        const why = 'not admitted any more';
        const gone =
          denied.length === mine.length
            ? network.evict(userId, why)
            : Promise.all(denied.map((portal) => network.dismiss(userId, portal.channel, why)));
        gone.catch((error: unknown) =>
          kit.log.warn('a connection could not be taken back', { network: network.id, error: String(error) }),
        );
      }
  }

  #mayHave(userId: string, portal: Portal): boolean {
    const { admission } = this.#parts;
    return admission.resourceOf(portal) === undefined || admission.standingOf(userId, `channel:${portal.id}`).puppet;
  }
}
