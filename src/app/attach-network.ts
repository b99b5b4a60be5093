import type { Network, RosterChange, RosterEntry } from '../ports/network.ts';
import type { Enforcement } from './admission/enforcement.ts';
import { Gathered } from './gathered.ts';
import type { Kit } from './kit.ts';
import type { Ledger } from './ledger.ts';
import type { Names } from './names.ts';
import { NetworkGate } from './network-gate.ts';
import { NetworkInbox } from './network-inbox.ts';
import type { PortalTable } from './portal-table.ts';
import type { RoomMembers } from './room-members.ts';
import type { Rosters } from './rosters.ts';
import type { Signal } from './signal.ts';
import type { Typing } from './typing.ts';
import type { Vouching } from './vouching.ts';

export type AttachParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly portals: PortalTable;
  readonly rosters: Rosters;
  readonly members: RoomMembers;
  readonly enforcement: Enforcement;
  readonly vouching: Vouching;
  readonly names: Names;
  readonly typing: Typing;
  readonly networkChanged: Signal;
};

/** Starts a network: what it tells goes to whoever has to hear it. */
export function attachNetwork(network: Network, parts: AttachParts): void {
  const { kit, portals, enforcement, members, rosters } = parts;
  const lines = new NetworkInbox(kit, parts.ledger, portals, network, parts.vouching, parts.names);
  const stands = new Gathered(
    kit.clock,
    kit.log,
    () => enforcement.networkChanged(network.id),
    () => portals.restMs,
  );
  const changed = (): void => {
    parts.networkChanged.raise();
    stands.ask();
    if (network.status().state === 'up') members.connectAheadOn(network.id, portals);
  };
  const roster = (channel: string, change: RosterChange): void => {
    const portal = portals.byChannel(network.id, channel);
    if (portal !== undefined) enforcement.channelChanged(portal, change);
  };
  const asked = (source: RosterEntry, text: string) => enforcement.asked.onNetwork(network.id, source, text);
  network.start(new NetworkGate(kit, network, lines, rosters, { changed, roster, asked, typing: parts.typing }));
}
