import type { BridgeError } from '../../core/errors.ts';
import type { Assurance } from '../../core/identity/assurance.ts';
import type { PortalId } from '../../core/ids.ts';

/** Whether a line may pass. */
export type Verdict =
  | {
      readonly kind: 'yes';
      /** Under a mark, since nobody admitted who said it. */
      readonly mark?: string;
      /** By the bot, since nobody who said it may stand in the room as a user of their own. */
      readonly spokenFor?: true;
    }
  | { readonly kind: 'no'; readonly error: BridgeError };

/** Who is meant on a network, by what its server says. */
export type Identified = {
  readonly nick: string;
  readonly account: string | null;
  /** Server that vouches for them, where that is not the one that we are connected to. */
  readonly origin?: string | null;
};

/** Who said a line on a network. */
export type Speaker = Identified & {
  readonly assurance: Assurance;
  /** A list has the nick, and nobody says whose it was: anybody may be meant. */
  readonly onlyNamed?: true;
};

/**
 * Asked at the moment at which a line would go out, however long it waited and however often it was tried: what was
 * allowed when it was said may not be any more.
 */
export interface LineGate {
  /** @param takesBack it only undoes what they did before */
  toNetwork(portal: PortalId, userId: string, takesBack?: boolean): Verdict;
  toMatrix(portal: PortalId, speaker: Speaker, takesBack?: boolean): Verdict;
  /** Whether an operator of the network may put a person out of the room. */
  mayKick(portal: PortalId): boolean;
}
