import type { Config } from '../../config/schema.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Admission } from '../admission/admission.ts';
import type { EnforcementParts } from '../admission/enforcement-parts.ts';
import { rebind } from '../admission/rebinding.ts';
import type { Answering } from '../commands/answering.ts';
import type { Kit } from '../kit.ts';
import { BridgeInfo } from '../rooms/bridge-info.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { GhostMoves } from './ghost-moves.ts';
import { Ghosts } from './ghosts.ts';
import type { Rosters } from './rosters.ts';
import { Vouching } from './vouching.ts';
import { Whois } from './whois.ts';

export type IdentitiesParts = {
  readonly kit: Kit;
  readonly config: Config;
  readonly portals: PortalTable;
  readonly audit: Audit;
  readonly isOurs: (userId: string) => boolean;
  readonly admission: () => Admission;
  readonly rosters: () => Rosters;
};

/** All that says who people of networks are, and who stands for them, put together. */
export type Identities = {
  readonly vouching: Vouching;
  readonly ghosts: Ghosts;
  /** What is asked about them. */
  readonly asked: Answering['identity'] & Pick<EnforcementParts, 'assuranceOf'>;
  /** From now on by this configuration; resolves when rooms say so too. */
  readonly reconfigure: (config: Config) => Promise<void>;
};

export async function openIdentities(parts: IdentitiesParts): Promise<Identities> {
  const { kit, config, portals, audit, isOurs, admission, rosters } = parts;
  const vouching = new Vouching(config, (network, account) => admission().isMember(network, account));
  const moves = await GhostMoves.open(kit);
  const info = new BridgeInfo(kit, portals, vouching);
  const whois = new Whois({ kit, portals, rosters, vouching, moves, isOurs });
  return {
    vouching,
    ghosts: new Ghosts(kit, moves, (network, subject, nick) => vouching.nameOf(network, subject, nick)),
    reconfigure: (next) => {
      vouching.configure(next);
      return info.sync();
    },
    asked: {
      assuranceOf: (network, entry) => vouching.assuranceOf(network, entry),
      whois: (asker, name) => whois.answer(asker, name),
      rebind: (asker, words) =>
        rebind(
          {
            kit,
            audit,
            admission: admission(),
            swapGhosts: async (network, a, b) => rosters().swapped(network, await moves.swap(network, a, b)),
          },
          asker,
          words,
        ),
    },
  };
}
