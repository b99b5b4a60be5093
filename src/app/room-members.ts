import type { MatrixEvent } from '../core/events.ts';
import type { NetworkId } from '../core/ids.ts';
import type { Ghosts } from './ghosts.ts';
import type { Kit } from './kit.ts';
import type { LineGate } from './line-gate.ts';
import type { People } from './people.ts';
import type { Portal, PortalTable } from './portal-table.ts';

export type RoomMembersParts = {
  readonly kit: Kit;
  readonly people: People;
  readonly ghosts: Ghosts;
  readonly gate: LineGate;
  readonly isOurs: (userId: string) => boolean;
  /** Rooms of at most so many people have everybody connected before the first line; 0: none. */
  readonly ahead: (network: string) => number;
};

/** What follows on a network from people coming into a portal's room, and going. */
export class RoomMembers {
  readonly #parts: RoomMembersParts;

  constructor(parts: RoomMembersParts) {
    this.#parts = parts;
  }

  async changed(portal: Portal, event: MatrixEvent): Promise<void> {
    const { kit, people, ghosts, isOurs } = this.#parts;
    const userId = event.state_key;
    if (userId === undefined) return;
    if (isOurs(userId)) {
      if (event.content.membership !== 'join') await ghosts.forgetRoom(userId, event.room_id);
      return;
    }
    people.forget(event.room_id, userId);
    if (event.content.membership !== 'join') return;
    kit.networks.get(portal.network)?.rename(await people.person(event.room_id, userId));
    await this.connectAhead(portal);
  }

  /** The same for every room of a network that came back. */
  async connectAheadOn(network: NetworkId, portals: PortalTable): Promise<void> {
    if (this.#parts.ahead(network) === 0) return;
    for (const portal of portals.ofNetwork(network)) await this.connectAhead(portal);
  }

  /** In small rooms everybody is connected before the first line, where the configuration asks for it. */
  async connectAhead(portal: Portal): Promise<void> {
    const { kit, people, gate, isOurs, ahead } = this.#parts;
    const { roomId } = portal;
    const most = ahead(portal.network);
    if (roomId === undefined || most === 0) return;
    const members = await kit.db.transaction((sql) => kit.stores.member.inRoom(sql, roomId));
    const here = members.filter((member) => member.membership === 'join' && !isOurs(member.userId));
    if (here.length > most) return;
    const network = kit.networks.get(portal.network);
    for (const { userId } of here)
      if (gate.toNetwork(portal.id, userId).kind === 'yes')
        network?.expect(await people.person(roomId, userId), portal.channel);
  }
}
