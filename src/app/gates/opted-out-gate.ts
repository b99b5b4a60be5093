import type { BridgeError } from '../../core/errors.ts';
import type { PortalId } from '../../core/ids.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { LineGate, Speaker, Verdict } from './line-gate.ts';
import type { OptOuts } from './opt-outs.ts';

export const OPTED_OUT = 'person.opted-out';

/** Lets nothing through of people who do not want to be bridged, nor to them in private, before anybody else is asked. */
export class OptedOutGate implements LineGate {
  readonly #inner: LineGate;
  readonly #portals: PortalTable;
  readonly #optOuts: OptOuts;

  constructor(inner: LineGate, portals: PortalTable, optOuts: OptOuts) {
    this.#inner = inner;
    this.#portals = portals;
    this.#optOuts = optOuts;
  }

  toNetwork(portal: PortalId, userId: string, takesBack?: boolean): Verdict {
    const direct = this.#portals.get(portal)?.direct;
    if (this.#optOuts.hasUser(userId) && takesBack !== true) return no(THEMSELVES);
    if (direct !== undefined && this.#optOuts.hasPeer(this.#portals.networkOf(portal), direct.peer))
      return no(`${direct.peer.nick} does not want to be bridged.`);
    return this.#inner.toNetwork(portal, userId);
  }

  toMatrix(portal: PortalId, speaker: Speaker, takesBack?: boolean): Verdict {
    const network = this.#portals.networkOf(portal);
    const isOut =
      this.#optOuts.has(network, speaker) || (speaker.onlyNamed === true && this.#optOuts.hasAccounts(network));
    if (isOut && takesBack !== true) return no('This person does not want to be bridged.');
    const direct = this.#portals.get(portal)?.direct;
    if (direct !== undefined && this.#optOuts.hasUser(direct.userId)) return no('They do not want to be bridged.');
    return this.#inner.toMatrix(portal, speaker);
  }

  mayKick(portal: PortalId): boolean {
    return this.#inner.mayKick(portal);
  }
}

const THEMSELVES = 'you do not want to be bridged. `!causeway optin` undoes that.';

const no = (text: string): Verdict => ({
  kind: 'no',
  error: { code: OPTED_OUT, text, retry: 'never', notify: 'log' } satisfies BridgeError,
});
