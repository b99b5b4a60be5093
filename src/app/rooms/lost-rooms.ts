import { ok, type Result } from '../../core/errors.ts';
import type { PortalId } from '../../core/ids.ts';
import type { Sql } from '../../ports/db.ts';
import type { Kit } from '../kit.ts';
import { inBackground } from '../timing/background.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Signal } from '../timing/signal.ts';
import { ensureBotName } from './bot-profile.ts';
import { isGone } from './is-gone.ts';
import type { Portal, PortalTable } from './portal-table.ts';
import { notPrepared, restMs } from './provision.ts';
import type { RoomUpgrades } from './room-upgrades.ts';

const FOLLOW_MS = 1_000;

export type LostRoomsParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  /** Knows where what is meant for a room goes now. */
  readonly moves: Pick<RoomUpgrades, 'gone' | 'noteMoved' | 'moved'>;
  /** One try to give this link another room and store it as the link's; `note` goes into the same commit. @returns the room */
  readonly renew: (portal: Portal, note: (sql: Sql, roomId: string) => Promise<void>) => Promise<Result<string>>;
  /** A link got another room. */
  readonly onRenewed: (room: string) => void;
  readonly stopping: () => boolean;
  /** Raised when the program stops, and when the bot was invited somewhere. */
  readonly nudge: Signal;
};

/**
 * Rooms of links that the homeserver had and does not know any more: its database was made anew, or an older one was put in its place. They are
 * made anew, or taken by their alias, and what waits for the old room goes to the new one. What was said in the old one is history.
 */
export class LostRooms {
  readonly #parts: LostRoomsParts;
  readonly #lost = new Map<string, Portal>();
  /** Of these, rooms that somebody has to act for: their links say so. */
  readonly #stuck = new Set<string>();
  readonly #looks = new Map<string, Promise<Result<boolean>>>();
  /** Rooms that end earlier than they did. */
  readonly #shorter = new Set<string>();
  #shorterSinceMs: number | undefined;
  #named: Promise<void> = Promise.resolve();

  constructor(parts: LostRoomsParts) {
    this.#parts = parts;
  }

  /** For status, from then on: the homeserver had forgotten what it had told us. */
  notes(): readonly string[] {
    if (this.#shorterSinceMs === undefined) return [];
    const when = new Date(this.#shorterSinceMs).toISOString();
    const rooms = this.#shorter.size === 1 ? 'a room' : `${this.#shorter.size} rooms`;
    return [
      `At ${when} the homeserver did not know the newest events of ${rooms} any more: its database was restored from a backup. What was said since that backup is missing there, and is not said again.`,
    ];
  }

  /** For status, while rooms are made anew. */
  problems(): readonly string[] {
    const underWay = [...this.#lost].filter(([room]) => !this.#stuck.has(room));
    const [first] = underWay;
    if (first === undefined) return [];
    const [room, portal] = first;
    const others = underWay.length - 1;
    const more = others === 0 ? '' : `, and ${others} more`;
    return [
      `The homeserver does not know the room ${room} of ${nameOf(portal)} any more${more}: its database was made anew, or restored from a backup. What is missing is made anew, and lines wait for it.`,
    ];
  }

  /**
   * A call said that this room is unknown. Where that is certain, the room is made anew from now on.
   * @returns an error where nobody can tell now
   */
  suspect(room: string): Promise<Result<boolean>> {
    if (this.#lost.has(room)) return Promise.resolve(ok(true));
    const running = this.#looks.get(room);
    if (running !== undefined) return running;
    const look = this.#look(room).finally(() => this.#looks.delete(room));
    this.#looks.set(room, look);
    return look;
  }

  /**
   * An event up to which this room was known is not where it was. Says so where the homeserver certainly does not know it any more; what follows
   * from it is that the room is read as far back as it goes.
   */
  async notSeen(room: string, eventId: string): Promise<void> {
    const { kit, portals } = this.#parts;
    const event = await kit.homeserver.event(room, eventId);
    if (!event.ok || event.value !== undefined) return;
    this.#shorterSinceMs ??= kit.clock.nowMs();
    this.#shorter.add(room);
    kit.log.warn(
      'the homeserver does not know events of a linked room any more that it had told us; was it restored from a backup?',
      {
        channel: portals.byRoom(room)?.channel,
        room,
        event: eventId,
      },
    );
  }

  async #look(room: string): Promise<Result<boolean>> {
    const { kit, portals, moves } = this.#parts;
    const gone = await isGone(kit.homeserver, room);
    const portal = portals.anyByRoom(room);
    if (!gone.ok || !gone.value || portal === undefined) return gone.ok ? ok(gone.value && portal !== undefined) : gone;
    // It has forgotten the bot's name as well, most likely, and given later that would cost an event in each room.
    if (this.#lost.size === 0) this.#named = ensureBotName(kit);
    this.#lost.set(room, portal);
    moves.gone(room);
    portal.problem = `The homeserver does not know its room ${room} any more. It is made anew.`;
    kit.log.warn('the homeserver does not know a linked room any more; it is made anew', {
      network: portal.network,
      channel: nameOf(portal),
      room,
    });
    inBackground(
      kit,
      this.#named.then(() => this.#renew(portal, room)),
    );
    return ok(true);
  }

  async #renew(portal: Portal, from: string): Promise<void> {
    const { kit, portals, renew, stopping, nudge, moves } = this.#parts;
    const backoff = new Backoff(kit.clock, 300, 30_000);
    while (!stopping() && portals.get(portal.id) === portal && portal.roomId === from) {
      const renewed = await renew(portal, (sql, to) => moves.noteMoved(sql, from, to)).catch(notPrepared);
      if (renewed.ok) return this.#arrived(portal, from, renewed.value);
      portal.problem = `The homeserver does not know its room ${from} any more, and there is no other one yet. ${renewed.error.text}`;
      if (renewed.error.retry === 'never') this.#stuck.add(from);
      else this.#stuck.delete(from);
      await nudge.wait(restMs(renewed.error, backoff));
    }
    await this.#follow(portal.id, from);
  }

  /** Another room was written into the configuration meanwhile: what waits goes there once it is linked. */
  async #follow(id: PortalId, from: string): Promise<void> {
    const { kit, portals, moves, stopping, nudge } = this.#parts;
    for (let heir = portals.get(id); heir !== undefined && !stopping(); heir = portals.get(id)) {
      const to = heir.roomId;
      const isNoted =
        to !== undefined &&
        (await kit.db
          .transaction((sql) => moves.noteMoved(sql, from, to))
          .then(
            () => true,
            () => false, // the database is away
          ));
      if (isNoted) return this.#arrived(heir, from, to);
      await nudge.wait(FOLLOW_MS);
    }
    if (stopping()) return;
    // Nobody's any more: what still waits for it is refused by the homeserver.
    this.#forget(from);
    moves.moved(from, from);
  }

  #arrived(portal: Portal, from: string, to: string): void {
    const { kit, moves, onRenewed } = this.#parts;
    const { network } = portal;
    this.#forget(from);
    moves.moved(from, to);
    onRenewed(to);
    kit.log.warn('a channel has another room in place of one that the homeserver lost', {
      network,
      channel: nameOf(portal),
      from,
      to,
    });
  }

  #forget(room: string): void {
    this.#lost.delete(room);
    this.#stuck.delete(room);
  }
}

/** Who talks with whom in private is not for logs. */
const nameOf = ({ channel, direct }: Portal): string => (direct === undefined ? channel : 'a private conversation');
