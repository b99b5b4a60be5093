import type { MatrixEvent } from '../../core/events.ts';
import type { Ghosts } from '../ghosts.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../portal-table.ts';
import type { DirectRooms } from './direct-rooms.ts';

export type GhostInvitationsParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly ghosts: Ghosts;
  readonly rooms: DirectRooms;
  readonly isOurs: (userId: string) => boolean;
};

/**
 * People who make a room with a ghost ("Send message" in a client). It becomes their conversation where there is none yet and the bot may
 * come in; else the ghost leaves it with a reason, and they are invited into the room that there is.
 */
export class GhostInvitations {
  readonly #parts: GhostInvitationsParts;

  constructor(parts: GhostInvitationsParts) {
    this.#parts = parts;
  }

  /** To be told of whatever happened, once it is on disk. */
  seen(events: readonly MatrixEvent[]): void {
    const { kit, isOurs, portals } = this.#parts;
    for (const event of events) {
      if (event.type !== 'm.room.member' || event.content.membership !== 'invite' || isOurs(event.sender)) continue;
      const ghost = event.state_key ?? '';
      if (portals.anyByRoom(event.room_id) !== undefined || !isOurs(ghost) || ghost === kit.homeserver.botId) continue;
      void this.#answer(event, ghost).catch((error: unknown) =>
        kit.log.warn('an invitation of a ghost could not be answered', { error: String(error) }),
      );
    }
  }

  async #answer(event: MatrixEvent, ghost: string): Promise<void> {
    const { kit, rooms, ghosts } = this.#parts;
    const { homeserver } = kit;
    const leave = (why: string): Promise<unknown> => homeserver.leave(ghost, event.room_id, why);
    const parsed = ghosts.whoIs(ghost);
    const network = parsed === undefined ? undefined : kit.networks.get(parsed.network);
    if (parsed === undefined || network?.privately === undefined) return void leave('Nobody can be reached here.');
    if (event.content.is_direct !== true) return void leave('People of IRC can be invited into rooms of two only.');
    const found = await network.privately.find(parsed.subject.name);
    const nick = found.ok ? found.value.source.nick : parsed.subject.name;
    const { user, host } = found.ok && parsed.subject.kind === 'nick' ? found.value.source : {};
    const address = user === undefined || host === undefined ? null : `${user}@${host}`;
    const prepared = await ghosts.ensure(parsed.network, parsed.subject, nick, event.room_id);
    if (!prepared.ok) return;
    const invited = await homeserver.invite(ghost, event.room_id, homeserver.botId);
    const joined = invited.ok ? await homeserver.join(homeserver.botId, event.room_id) : invited;
    if (!joined.ok)
      return void leave('The bridge’s bot may not come into this room, and has to. `!causeway query` opens one.');
    const encryption = await homeserver.stateContent(event.room_id, 'm.room.encryption', '');
    if (encryption.ok && encryption.value !== undefined) {
      await homeserver.leave(homeserver.botId, event.room_id);
      return void leave('This room is encrypted, and IRC cannot be. `!causeway query` opens one that is not.');
    }
    const peer = { subject: parsed.subject, nick, host: address };
    const portal = await rooms.adopt(parsed.network, event.sender, peer, event.room_id);
    if (portal.roomId === event.room_id) return;
    rooms.open(portal, 'us');
    await homeserver.leave(homeserver.botId, event.room_id);
    await leave('You have a room with them already; you are invited there.');
  }
}
