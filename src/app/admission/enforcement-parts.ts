import type { Config } from '../../config/schema.ts';
import type { Assurance } from '../../core/identity/assurance.ts';
import type { NetworkId, PortalId } from '../../core/ids.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Authority, DecisionPoint } from '../../ports/authority.ts';
import type { RosterEntry } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Ledger } from '../lanes/ledger.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';

/** What enforcement is made of. */
export type EnforcementParts = {
  readonly kit: Kit;
  readonly config: Config;
  readonly portals: PortalTable;
  readonly ledger: Ledger;
  readonly lanes: () => Lanes;
  readonly isOurs: (userId: string) => boolean;
  /** Undefined: everybody is let in. */
  readonly authority: Authority | undefined;
  readonly decisions: DecisionPoint | undefined;
  readonly audit: Audit;
  /** Bans that the bot set in a channel because of policy lists. */
  readonly otherBans: (portal: Portal) => readonly string[];
  /** The network keeps people out of a channel, or may do so. */
  readonly isWalled: (portal: PortalId) => boolean;
  /** These may say more or less than before. @param userIds undefined: perhaps everybody */
  readonly onStanding: (userIds: readonly string[] | undefined) => void;
  readonly assuranceOf: (network: NetworkId, entry: RosterEntry) => Assurance;
};
