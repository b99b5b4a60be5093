import type { BridgeError } from '../core/errors.ts';
import type { PortalId } from '../core/ids.ts';

/** Whether a line may pass. `tag`: it passes under a mark, since nobody admitted who said it. */
export type Verdict =
  | { readonly kind: 'yes' }
  | { readonly kind: 'tag'; readonly mark: string }
  | { readonly kind: 'no'; readonly error: BridgeError };

/** Who said a line on a network, by what its server says. */
export type Speaker = { readonly nick: string; readonly account: string | null };

/**
 * Asked at the moment at which a line would go out, however long it waited and however often it was tried: what was
 * allowed when it was said may not be any more.
 */
export interface LineGate {
  toNetwork(portal: PortalId, userId: string): Verdict;
  toMatrix(portal: PortalId, speaker: Speaker): Verdict;
  /** Whether an operator of the network may put a person out of the room. */
  mayKick(portal: PortalId): boolean;
}
