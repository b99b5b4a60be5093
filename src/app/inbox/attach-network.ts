import type { Network, RosterChange, RosterEntry } from '../../ports/network.ts';
import type { Enforcement } from '../admission/enforcement.ts';
import type { Asked } from '../commands/asked.ts';
import type { BridgingCommands } from '../commands/bridging-commands.ts';
import type { Rosters } from '../people/rosters.ts';
import type { Signs } from '../people/signs.ts';
import type { Policies } from '../policy/policies.ts';
import type { RoomMembers } from '../rooms/room-members.ts';
import { Gathered } from '../timing/gathered.ts';
import type { Signal } from '../timing/signal.ts';
import { NetworkGate } from './network-gate.ts';
import { NetworkInbox, type NetworkInboxParts } from './network-inbox.ts';

export type AttachParts = NetworkInboxParts & {
  readonly rosters: Rosters;
  readonly members: RoomMembers;
  readonly enforcement: Enforcement;
  readonly asked: Asked;
  readonly bridging: BridgingCommands;
  readonly signs: Signs;
  readonly policies: Policies;
  readonly networkChanged: Signal;
};

/** Starts a network: what it tells goes to whoever has to hear it. */
export function attachNetwork(network: Network, parts: AttachParts): void {
  const { kit, portals, enforcement, bridging, policies, members, rosters } = parts;
  const lines = new NetworkInbox(parts, network);
  const stands = new Gathered(
    kit.clock,
    kit.log,
    () => {
      enforcement.occasions.networkChanged(network.id);
      policies.networkChanged(network.id);
    },
    () => portals.restMs,
  );
  const changed = (): void => {
    parts.networkChanged.raise();
    stands.ask();
    parts.signs.ghosts.networkChanged(network);
    if (network.status().state !== 'up') enforcement.proofs.forgetNicks(network.id);
    else members.connectAheadOn(network.id, portals);
  };
  const roster = (channel: string, change: RosterChange): void => {
    const portal = portals.byChannel(network.id, channel);
    if (portal !== undefined) {
      enforcement.occasions.channelChanged(portal, change);
      policies.channelChanged(portal, change);
    }
    bridging.changed(network, channel, change);
  };
  parts.directs.attach(network.id, (portal) => lines.release(portal));
  const asked = (source: RosterEntry, text: string) => parts.asked.onNetwork(network.id, source, text);
  network.start(new NetworkGate(kit, network, lines, rosters, { changed, roster, asked, signs: parts.signs }));
}
