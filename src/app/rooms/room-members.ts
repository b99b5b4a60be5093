import type { MatrixEvent } from '../../core/events.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { People } from '../people/people.ts';
import { Gathered } from '../timing/gathered.ts';
import type { Portal, PortalTable } from './portal-table.ts';

export type RoomMembersParts = {
  readonly kit: Kit;
  readonly people: People;
  readonly ghosts: Ghosts;
  readonly gate: LineGate;
  readonly isOurs: (userId: string) => boolean;
  /** Rooms of at most so many people have everybody connected before the first line; 0: none. */
  readonly ahead: (network: string) => number;
  readonly onGhost: (portal: Portal, userId: string) => void;
};

/** A round through all rooms reads the members of each, which is dearer than looking at it. */
const READS = 20;

/** What follows on a network from people coming into a portal's room, and going. */
export class RoomMembers {
  readonly #parts: RoomMembersParts;
  readonly #rounds = new Map<NetworkId, Gathered>();

  constructor(parts: RoomMembersParts) {
    this.#parts = parts;
  }

  async changed(portal: Portal, event: MatrixEvent): Promise<void> {
    const { kit, people, ghosts, isOurs } = this.#parts;
    const userId = event.state_key;
    if (userId === undefined) return;
    if (isOurs(userId)) {
      if (event.content.membership !== 'join') await ghosts.forgetRoom(userId, event.room_id);
      else this.#parts.onGhost(portal, userId);
      return;
    }
    people.forget(event.room_id, userId);
    if (event.content.membership !== 'join') return;
    kit.networks.get(portal.network)?.rename(await people.person(event.room_id, userId));
    await this.connectAhead(portal);
  }

  /** The same for every room of a network, soon: it came back, or the bot entered one of thousands of channels. */
  connectAheadOn(network: NetworkId, portals: PortalTable): void {
    if (this.#parts.ahead(network) === 0) return;
    const { clock, log } = this.#parts.kit;
    const connectAll = async (): Promise<void> => {
      for (const portal of portals.ofNetwork(network)) await this.connectAhead(portal);
    };
    const rounds = this.#rounds.get(network) ?? new Gathered(clock, log, connectAll, () => READS * portals.restMs);
    this.#rounds.set(network, rounds);
    rounds.ask();
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
