import { ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { Kit } from '../kit.ts';
import { decline } from '../people/decline.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { inBackground } from '../timing/background.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Signal } from '../timing/signal.ts';
import { Turns } from '../timing/turns.ts';
import type { DirectRooms } from './direct-rooms.ts';
import type { MayMeet } from './open-directs.ts';

export type GhostInvitationsParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly ghosts: Ghosts;
  readonly rooms: DirectRooms;
  readonly refusal: MayMeet;
  readonly isOurs: (userId: string) => boolean;
  readonly stopping: () => boolean;
  readonly stop: Signal;
};

/** Invitations answered at the same time: each takes the network a look and the homeserver several calls. */
const AT_ONCE = 4;
/** Invitations that are not answered yet, by room and ghost. */
const INVITED = 'ghost-invited:';

type Invitation = { readonly room: string; readonly ghost: string; readonly by: string; readonly isDirect: boolean };

/**
 * People who make a room with a ghost ("Send message" in a client). It becomes their conversation where there is none yet and the bot may
 * come in; else the ghost leaves it with a reason, and they are invited into the room that there is.
 */
export class GhostInvitations {
  readonly #parts: GhostInvitationsParts;
  readonly #turns = new Turns(AT_ONCE);

  constructor(parts: GhostInvitationsParts) {
    this.#parts = parts;
  }

  /** Takes up invitations that an earlier process did not answer. */
  async begin(): Promise<void> {
    const { kit } = this.#parts;
    const stored = await kit.db.transaction((sql) => kit.stores.cursor.list(sql, INVITED));
    for (const text of stored.values()) inBackground(kit, this.#settle(JSON.parse(text) as Invitation));
  }

  /** To be told of whatever happened. Resolves when what has to be answered is on disk. */
  async seen(events: readonly MatrixEvent[]): Promise<void> {
    const { kit } = this.#parts;
    for (const event of events) {
      const invitation = this.#invitationIn(event);
      if (invitation === undefined) continue;
      const { room, ghost } = invitation;
      await kit.db.transaction((sql) =>
        kit.stores.cursor.set(sql, `${INVITED}${room} ${ghost}`, JSON.stringify(invitation)),
      );
      inBackground(kit, this.#settle(invitation));
    }
  }

  #invitationIn({ type, content, sender, room_id: room, state_key: ghost = '' }: MatrixEvent): Invitation | undefined {
    const { kit, isOurs, portals } = this.#parts;
    if (type !== 'm.room.member' || content.membership !== 'invite' || isOurs(sender)) return undefined;
    if (portals.anyByRoom(room) !== undefined || !isOurs(ghost) || ghost === kit.homeserver.botId) return undefined;
    return { room, ghost, by: sender, isDirect: content.is_direct === true };
  }

  async #settle(invitation: Invitation): Promise<void> {
    const { kit, stopping, stop } = this.#parts;
    const backoff = new Backoff(kit.clock, 500, 30_000);
    while (!stopping()) {
      const answered = await this.#turns.take(() => this.#answer(invitation));
      if (answered.ok || answered.error.retry === 'never') {
        const name = `${INVITED}${invitation.room} ${invitation.ghost}`;
        await kit.db.transaction((sql) => kit.stores.cursor.delete(sql, name));
        return;
      }
      await stop.wait(Math.max(answered.error.waitMs ?? 0, backoff.nextMs()));
    }
  }

  /** Safe to be repeated. */
  async #answer({ room, ghost, by, isDirect }: Invitation): Promise<Result<unknown>> {
    const { kit, rooms, ghosts } = this.#parts;
    const { homeserver } = kit;
    const { botId } = homeserver;
    const leave = (why: string): Promise<Result<void>> => decline(homeserver, ghost, room, why);
    const whom = ghosts.whoIs(ghost);
    const network = whom === undefined ? undefined : kit.networks.get(whom.network);
    if (whom === undefined || network?.privately === undefined) return leave('Nobody can be reached here.');
    if (!isDirect) return leave('People of IRC can be invited into rooms of two only.');
    const { kind, name, origin = null } = whom.subject;
    const refusal = this.#parts.refusal(whom.network, by, {
      ...{ nick: name, origin },
      account: kind === 'account' ? name : null,
    });
    if (refusal !== undefined) return leave(`One of you is ${refusal.text}.`);
    const found = await network.privately.find(whom.subject.name);
    if (!found.ok && found.error.retry !== 'never') return found;
    // Bound to no address, the room would belong to whoever takes the nick next.
    if (!found.ok && whom.subject.kind === 'nick') return leave(notThere(whom.subject.name));
    const nick = found.ok ? found.value.source.nick : whom.subject.name;
    const { user, host } = found.ok && whom.subject.kind === 'nick' ? found.value.source : {};
    const prepared = await ghosts.ensure(whom.network, whom.subject, nick, room);
    if (!prepared.ok) return prepared;
    const invited = await homeserver.invite(ghost, room, botId);
    const joined = await homeserver.join(botId, room);
    if (!joined.ok && joined.error.retry !== 'never') return invited.ok ? joined : invited;
    if (!joined.ok)
      return leave('The bridge’s bot may not come into this room, and has to. `!causeway query` opens one.');
    const encryption = await homeserver.stateContent(room, 'm.room.encryption', '');
    if (!encryption.ok && encryption.error.retry !== 'never') return encryption;
    if (encryption.ok && encryption.value !== undefined) {
      const left = await leave('This room is encrypted, and IRC cannot be. `!causeway query` opens one that is not.');
      return left.ok ? homeserver.leave(botId, room) : left;
    }
    const address = user === undefined || host === undefined ? null : `${user}@${host}`;
    const portal = await rooms.adopt(whom.network, by, { subject: whom.subject, nick, host: address }, room);
    if (portal.roomId === room) return ok(undefined);
    rooms.open(portal, 'us');
    const left = await leave('You have a room with them already; you are invited there.');
    return left.ok ? homeserver.leave(botId, room) : left;
  }
}

const notThere = (nick: string): string =>
  `${nick} is not there now, and nobody vouches for that name: whoever takes it next would read what is written here. When they are back, \`!causeway query ${nick}\` opens a room with them.`;
