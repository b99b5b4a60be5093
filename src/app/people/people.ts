import type { Person } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { NickWishes } from './nick-wishes.ts';

const REMEMBERED = 10_000;

export type Manner = {
  /** The name under which they want to be known there; nothing else of them goes to its network. */
  readonly alias?: string;
  /** Without a connection of their own. */
  readonly relayed?: boolean;
};

export type PeopleParts = {
  readonly kit: Kit;
  readonly portals: Pick<PortalTable, 'anyByRoom'>;
  /** What they asked to be called. */
  readonly wishes: Pick<NickWishes, 'of'>;
  /** How somebody speaks from a room, where that is not as everybody does. */
  readonly mannerIn: (room: string, userId: string) => Manner;
  /** The cooperative as people call it. */
  readonly shard: string;
};

/** Names of Matrix people as their rooms show them. */
export class People {
  readonly #kit: Kit;
  readonly #portals: PeopleParts['portals'];
  readonly #wishes: PeopleParts['wishes'];
  readonly #manner: (room: string, userId: string) => Manner;
  readonly #shard: string;
  readonly #known = new Map<string, Person>();

  constructor({ kit, portals, wishes, mannerIn, shard }: PeopleParts) {
    this.#kit = kit;
    this.#portals = portals;
    this.#wishes = wishes;
    this.#manner = mannerIn;
    this.#shard = shard;
  }

  /** The person with the name that they asked for on its network, else the one they have in this room; falls back to their profile, then to their id. */
  async person(room: string, userId: string): Promise<Person> {
    const { alias, relayed } = this.#manner(room, userId);
    const person: Person =
      alias === undefined ? await this.#wished(room, userId) : { userId, displayName: alias, alias: true };
    // A connection of their own would say who they are.
    return relayed === true || alias !== undefined ? { ...person, relayed: true } : person;
  }

  async #wished(room: string, userId: string): Promise<Person> {
    const named = await this.#named(room, userId);
    const network = this.#portals.anyByRoom(room)?.network;
    const displayName = network === undefined ? undefined : this.#wishes.of(network, userId);
    return displayName === undefined ? named : { ...named, displayName };
  }

  async #named(room: string, userId: string): Promise<Person> {
    const key = `${room} ${userId}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const server = userId.slice(userId.indexOf(':') + 1);
    const person: Person = {
      userId,
      displayName: (await this.#name(room, userId)) ?? localpart(userId),
      shard: this.#shard,
      ...(server === this.#kit.homeserver.serverName ? {} : { visitingFrom: server }),
    };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key, person);
    return person;
  }

  /** Their membership of the room changed. */
  forget(room: string, userId: string): void {
    this.#known.delete(`${room} ${userId}`);
  }

  async #name(room: string, userId: string): Promise<string | null> {
    const { db, stores, homeserver } = this.#kit;
    const member = await db.transaction((sql) => stores.member.get(sql, room, userId));
    if (member !== undefined) return member.displayName;
    const name = await homeserver.displayName(userId);
    if (!name.ok) return null;
    await db.transaction((sql) =>
      stores.member.put(sql, { roomId: room, userId, membership: 'join', displayName: name.value }),
    );
    return name.value;
  }
}

const localpart = (userId: string): string => userId.slice(1, userId.includes(':') ? userId.indexOf(':') : undefined);
