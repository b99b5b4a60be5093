import type { NetworkId } from '../../core/ids.ts';
import type { Asker } from '../commands/asker.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { DirectRooms } from './direct-rooms.ts';

/** What people can ask of their private conversations. */
export class DirectCommands {
  readonly #kit: Kit;
  readonly #portals: PortalTable;
  readonly #rooms: DirectRooms;

  constructor(kit: Kit, portals: PortalTable, rooms: DirectRooms) {
    this.#kit = kit;
    this.#portals = portals;
    this.#rooms = rooms;
  }

  /** Opens a room with somebody of a network. @param word `NICK`, or `NETWORK/NICK` */
  async query(asker: Asker, word = ''): Promise<string> {
    if (asker.kind !== 'matrix') return '';
    const slash = word.indexOf('/');
    const networks = [...this.#kit.networks.keys()];
    const named = slash < 0 ? undefined : networks.find((id) => id === word.slice(0, slash));
    const nick = named === undefined ? word : word.slice(slash + 1);
    const network = named ?? this.#networkOf(asker.room, networks);
    if (network === undefined)
      return `Say on which network: \`!causeway query NETWORK/${nick}\`, with one of ${networks.join(', ')}.`;
    const opened = await this.#rooms.query(asker.userId, network, nick);
    return opened.ok ? opened.value : opened.error.text;
  }

  async block(asker: Asker, blocked: boolean): Promise<string> {
    if (asker.kind !== 'matrix') return '';
    const portal = await this.#rooms.setBlocked(asker.room, asker.userId, blocked);
    const nick = portal?.direct?.peer.nick;
    if (nick === undefined) return 'Say this in the room of a private conversation.';
    return blocked
      ? `What ${nick} writes to you in private is not shown any more. They are not told. \`!causeway unblock\` brings it back.`
      : `${nick} can write to you again.`;
  }

  #networkOf(room: string, networks: readonly NetworkId[]): NetworkId | undefined {
    return this.#portals.anyByRoom(room)?.network ?? (networks.length === 1 ? networks[0] : undefined);
  }
}
