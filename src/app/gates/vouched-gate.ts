import { reaches } from '../../core/identity/assurance.ts';
import type { PortalId } from '../../core/ids.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { LineGate, Speaker, Verdict } from './line-gate.ts';

/**
 * Asks of a person of a channel what its mapping asks, before the authority is asked: that somebody vouches for them, and who.
 * Matrix people are not its business; the homeserver vouches for them.
 */
export class VouchedGate implements LineGate {
  readonly #inner: LineGate;
  readonly #portals: PortalTable;

  constructor(inner: LineGate, portals: PortalTable) {
    this.#inner = inner;
    this.#portals = portals;
  }

  toNetwork(portal: PortalId, userId: string): Verdict {
    return this.#inner.toNetwork(portal, userId);
  }

  mayKick(portal: PortalId): boolean {
    return this.#inner.mayKick(portal);
  }

  toMatrix(id: PortalId, speaker: Speaker): Verdict {
    const wanted = this.#portals.get(id)?.config.assurance;
    if (wanted !== undefined && !reaches(speaker.assurance, wanted.relay))
      return {
        kind: 'no',
        error: {
          code: `identity.${speaker.assurance}`,
          text: `This channel relays lines from assurance ${wanted.relay} on, and this person has ${speaker.assurance}.`,
          retry: 'never',
          notify: 'log',
        },
      };
    const verdict = this.#inner.toMatrix(id, speaker);
    const isShown = wanted === undefined || reaches(speaker.assurance, wanted.ghost);
    return verdict.kind === 'no' || isShown ? verdict : { ...verdict, spokenFor: true };
  }
}
