import type { RoomAnchors } from '../inbox/room-anchors.ts';
import type { Kit } from '../kit.ts';
import type { Ledger } from '../lanes/ledger.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { Vouching } from '../people/vouching.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { Signal } from '../timing/signal.ts';
import { DirectCommands } from './direct-commands.ts';
import { DirectRoomMaker } from './direct-room-maker.ts';
import { DirectRooms } from './direct-rooms.ts';
import { GhostInvitations } from './ghost-invitations.ts';

export type Directs = {
  readonly rooms: DirectRooms;
  readonly commands: DirectCommands;
  readonly invitations: GhostInvitations;
};

/** Private conversations, with what an earlier process knew of them. */
export async function openDirects(parts: {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly portals: PortalTable;
  readonly ghosts: Ghosts;
  readonly anchors: RoomAnchors;
  readonly vouching: Vouching;
  readonly isOurs: (userId: string) => boolean;
  readonly stopping: () => boolean;
  readonly stop: Signal;
}): Promise<Directs> {
  const { kit, portals, ghosts, anchors, vouching } = parts;
  const maker = new DirectRoomMaker(kit, ghosts, anchors, (portal) => vouching.describe(portal));
  const rooms = new DirectRooms({ ...parts, maker });
  await rooms.load();
  return {
    rooms,
    commands: new DirectCommands(kit, portals, rooms),
    invitations: new GhostInvitations({ ...parts, rooms }),
  };
}
