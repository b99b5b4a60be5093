import type { WhoIsOut } from '../policy/who-is-out.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { SealedGate, type SealedRooms } from '../rooms/sealed-rooms.ts';
import type { LineGate } from './line-gate.ts';
import type { OptOuts } from './opt-outs.ts';
import { OptedOutGate } from './opted-out-gate.ts';
import { PolicyGate } from './policy-gate.ts';
import { VouchedGate } from './vouched-gate.ts';

export type GatesParts = {
  /** Who lets people in; the others only refuse. */
  readonly admission: LineGate;
  readonly portals: PortalTable;
  readonly sealed: SealedRooms;
  readonly optOuts: OptOuts;
  readonly out: Pick<WhoIsOut, 'user' | 'speaker'>;
};

/** All gates, the first that is asked outermost. */
export function makeGate({ admission, portals, sealed, optOuts, out }: GatesParts): LineGate {
  const admitted = new SealedGate(new VouchedGate(admission, portals), portals, sealed);
  return new PolicyGate(new OptedOutGate(admitted, portals, optOuts), portals, out);
}
