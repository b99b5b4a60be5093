import type { Config } from '../../config/schema.ts';
import type { Assurance } from '../../core/identity/assurance.ts';
import type { NetworkId, PortalId } from '../../core/ids.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Authority, DecisionPoint } from '../../ports/authority.ts';
import type { RosterEntry } from '../../ports/network.ts';
import type { Asker, Person } from '../commands/asker.ts';
import type { BridgingCommands } from '../commands/bridging-commands.ts';
import type { HereCommands } from '../commands/here-commands.ts';
import type { DirectCommands } from '../direct/direct-commands.ts';
import type { Kit } from '../kit.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Ledger } from '../lanes/ledger.ts';
import type { Pages } from '../pages.ts';
import type { PersonSwitch } from '../people/person-switch.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';

/** What enforcement is made of. */
export type EnforcementParts = {
  readonly kit: Kit;
  readonly config: Config;
  readonly portals: PortalTable;
  readonly ledger: Ledger;
  readonly lanes: () => Lanes;
  readonly isOurs: (userId: string) => boolean;
  readonly calls: PersonSwitch;
  /** Undefined: everybody is let in. */
  readonly authority: Authority | undefined;
  readonly decisions: DecisionPoint | undefined;
  readonly audit: Audit;
  /** Bans that the bot set in a channel because of policy lists. */
  readonly otherBans: (portal: Portal) => readonly string[];
  /** The network keeps people out of a channel, or may do so. */
  readonly isWalled: (portal: PortalId) => boolean;
  /** Answers what is asked about identities: who somebody is, and who vouches for it; that a ghost goes to another account. */
  readonly identity: {
    readonly assuranceOf: (network: NetworkId, entry: RosterEntry) => Assurance;
    readonly whois: (asker: Asker, name: string) => Promise<string>;
    readonly rebind: (asker: Person, words: readonly string[]) => Promise<string>;
  };
  /** How people reach each other beside the channels: private conversations, and links to what they send. */
  readonly reach: {
    readonly direct: DirectCommands;
    readonly pages: Pick<Pages, 'isShared' | 'setShared'>;
    /** Whether they are bridged at all. */
    readonly bridging: BridgingCommands;
  };
  /** What is asked about the room in which it is asked. */
  readonly here: HereCommands;
};
