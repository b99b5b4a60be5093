import type { NetworkId } from '../../core/ids.ts';
import type { Identified } from '../gates/line-gate.ts';
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

/** Asked of two people who have no private conversation yet. */
export type MayMeet = (network: NetworkId, userId: string, who: Identified) => { readonly text: string } | undefined;

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
  /** Why these two are not to begin a conversation, as the end of a sentence; undefined where they may. */
  readonly refusal: MayMeet;
  readonly onRefused: (room: string) => void;
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
