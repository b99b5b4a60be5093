import type { GhostSubject, NetworkId } from '../../core/ids.ts';
import type { Sql } from '../../ports/db.ts';
import type { Network } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Portal } from '../rooms/portal-table.ts';
import type { Manner } from './people.ts';
import { PersonSwitch } from './person-switch.ts';

/** Rooms whose names are kept in memory; the others are read again when somebody speaks there. */
const REMEMBERED_ROOMS = 2_000;

type RoomNames = {
  readonly joined: ReadonlySet<string>;
  /** By the name in small letters; null where two people share it, since nobody could say who is meant. */
  readonly byName: ReadonlyMap<string, string | null>;
};

export type NamesParts = {
  readonly kit: Kit;
  readonly isOurs: (userId: string) => boolean;
  /** Whom a ghost stands for. */
  readonly whoIs: (userId: string) => { readonly network: NetworkId; readonly subject: GhostSubject } | undefined;
  /** How somebody of Matrix speaks from a room, where that is not as everybody does. */
  readonly mannerIn: (room: string, userId: string) => Manner;
};

export type PersonOf = (name: string) => string | undefined;

/** Who is meant by a name, on either side, without a question to the database for each line. */
export class Names {
  readonly calls: PersonSwitch;
  readonly #kit: Kit;
  readonly #isOurs: (userId: string) => boolean;
  readonly #whoIs: NamesParts['whoIs'];
  readonly #mannerIn: NamesParts['mannerIn'];
  readonly #rooms = new Map<string, RoomNames>();
  /** Raised when a room's members change, so that what was read before does not count. */
  #changes = 0;

  private constructor({ kit, isOurs, whoIs, mannerIn }: NamesParts) {
    this.#kit = kit;
    this.#isOurs = isOurs;
    this.#whoIs = whoIs;
    this.#mannerIn = mannerIn;
    this.calls = new PersonSwitch(kit, 'mentions');
  }

  /** With what people asked of earlier processes. */
  static async open(parts: NamesParts): Promise<Names> {
    const names = new Names(parts);
    await names.calls.load();
    return names;
  }

  /**
   * Whom names mean in what is said on a network: people of Matrix who are in the room, by the nick of their connection or the name
   * they have there.
   * @param sql the transaction in which the line is stored; read only where the room's names are not known
   */
  async personOf(sql: Sql, network: Network, channel: string, room: string): Promise<PersonOf> {
    const { joined, byName } = this.#rooms.get(room) ?? (await this.#read(sql, room));
    return (name) => {
      const owner = network.nicks?.ownerOf(name);
      const named = owner ?? byName.get(name.toLowerCase());
      // Whoever has a connection in the channel is there, also where the room has not told us yet.
      const isHere = typeof named === 'string' && (owner !== undefined || joined.has(named));
      if (!isHere || !this.calls.wanted(named)) return undefined;
      // Whoever has the name there is meant, and nobody on Matrix who is called like them.
      return owner === undefined && network.nicks?.isTaken(channel, name) === true ? undefined : named;
    };
  }

  /** Whom a ghost of ours stands for. */
  whoIs(userId: string): ReturnType<NamesParts['whoIs']> {
    return this.#whoIs(userId);
  }

  /** What somebody is called in the portal's channel. */
  nickOf(portal: Portal, userId: string): string | undefined {
    const kit = this.#kit;
    const network = kit.networks.get(portal.network);
    if (!this.#isOurs(userId))
      return this.#mannerIn(portal.roomId ?? '', userId).alias ?? network?.nicks?.nickOf(portal.channel, userId);
    const ghost = this.#whoIs(userId);
    if (ghost?.network !== portal.network) return undefined;
    // An account's ghost says nothing of the nick of somebody who is away.
    // Nor does a nick of another server: whoever has it here is somebody else.
    const { kind, name, origin } = ghost.subject;
    const nick = kind === 'nick' && origin === undefined ? name : undefined;
    return network?.nicks?.nickOf(portal.channel, ghost.subject) ?? nick;
  }

  /** Whether somebody has a connection of their own in the portal's channel, or gets one when they speak. */
  hasOwnVoice(portal: Portal, userId: string): boolean {
    const { relayed, alias } = this.#mannerIn(portal.roomId ?? '', userId);
    return relayed !== true && alias === undefined;
  }

  /** Somebody came, went or has another name. */
  changed(room: string, userId: string): void {
    if (this.#isOurs(userId)) return;
    this.#changes++;
    this.#rooms.delete(room);
  }

  async #read(sql: Sql, room: string): Promise<RoomNames> {
    const before = this.#changes;
    const members = await this.#kit.stores.member.inRoom(sql, room);
    const here = members.filter(({ membership, userId }) => membership === 'join' && !this.#isOurs(userId));
    const byName = new Map<string, string | null>();
    for (const { userId, displayName } of here) {
      for (const name of new Set([displayName?.trim().toLowerCase(), localpart(userId)]))
        if (name !== undefined && name !== '') byName.set(name, byName.has(name) ? null : userId);
    }
    const names: RoomNames = { joined: new Set(here.map(({ userId }) => userId)), byName };
    if (this.#rooms.size >= REMEMBERED_ROOMS) this.#rooms.clear();
    if (before === this.#changes) this.#rooms.set(room, names);
    return names;
  }
}

const localpart = (userId: string): string => userId.slice(1, userId.indexOf(':'));
