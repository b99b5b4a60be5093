import { fail, ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { PortalId } from '../../core/ids.ts';
import type { ActualRoom } from '../../core/room/actual-room.ts';
import { adoptionRefusal } from '../../core/room/adoption.ts';
import type { ManagedRoom } from '../../core/room/layout.ts';
import { aliasOf, portalPowerLevels } from '../../core/room/portal-room.ts';
import type { Kit } from '../kit.ts';
import { UNKNOWN_ROOM } from '../rooms/is-gone.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { RoomMaker } from '../rooms/room-maker.ts';
import { RoomModels, type Seen } from './room-models.ts';

/** Tells a room that we made as what it is, for the case that a crash came between its making and our noting it. */
const MARK = 'coop.causeway.managed';
/** Under this name a cursor holds the room of a resource. */
const ROOM_OF = 'managed:';

export type ManagedRoomsParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
};

/** The rooms and Spaces that we keep: which room is which, and how each stands as far as we were told. */
export class ManagedRooms {
  readonly #parts: ManagedRoomsParts;
  readonly #maker: RoomMaker;
  readonly #wanted = new Map<string, ManagedRoom>();
  readonly #roomIds = new Map<string, string>();
  readonly #resources = new Map<string, string>();
  readonly #models: RoomModels;

  constructor(parts: ManagedRoomsParts) {
    this.#parts = parts;
    this.#maker = new RoomMaker(parts.kit);
    this.#models = new RoomModels(parts.kit);
  }

  /** What an earlier process noted. */
  async load(): Promise<void> {
    const { db, stores } = this.#parts.kit;
    const noted = await db.transaction((sql) => stores.cursor.list(sql, ROOM_OF));
    for (const [name, roomId] of noted) this.#bind(name.slice(ROOM_OF.length), roomId);
  }

  /** The configuration as it is now. @returns rooms that were ours and are nobody's any more */
  configure(rooms: readonly ManagedRoom[]): string[] {
    const before = new Map([...this.#wanted.keys()].map((resource) => [resource, this.roomIdOf(resource)]));
    this.#wanted.clear();
    for (const room of rooms) {
      this.#wanted.set(room.id, room);
      before.delete(room.id);
    }
    return [...before.values()].filter((roomId) => roomId !== undefined);
  }

  get(resource: string): ManagedRoom | undefined {
    return this.#wanted.get(resource);
  }

  all(): IterableIterator<ManagedRoom> {
    return this.#wanted.values();
  }

  /** Rooms that stand in this Space or are entered through it, and the Space that it stands in itself. */
  relatedTo(resource: string): string[] {
    const parent = this.#wanted.get(resource)?.parent;
    const below = [...this.#wanted.values()].filter(
      (wanted) => wanted.parent === resource || (wanted.join.rule === 'restricted' && wanted.join.allow === resource),
    );
    return [...below.map(({ id }) => id), ...(parent === undefined ? [] : [parent])];
  }

  /** Spaces that a room stands in, from the nearest up, as far as they were read. */
  above(resource: string): ActualRoom[] {
    return this.#ancestors(resource).flatMap((id) => this.known(id) ?? []);
  }

  /** How a room stands, with the Spaces that it stands in read as well: then {@link above} knows them all. */
  async actualWithAbove(resource: string, roomId: string): Promise<Result<ActualRoom>> {
    for (const id of this.#ancestors(resource)) {
      const space = this.roomIdOf(id);
      const read = space === undefined ? ok(undefined) : await this.actual(space);
      if (!read.ok) return read;
    }
    const room = await this.actual(roomId);
    return room.ok && isInvited(room.value, this.#parts.kit.homeserver.botId) ? this.#comeBack(roomId) : room;
  }

  /** The bot was taken out, and is invited again. */
  async #comeBack(roomId: string): Promise<Result<ActualRoom>> {
    const { homeserver } = this.#parts.kit;
    const joined = await homeserver.join(homeserver.botId, roomId);
    if (!joined.ok) return joined;
    this.forget(roomId);
    return this.actual(roomId);
  }

  /** Whatever stands in this Space, and in the Spaces within. */
  below(space: string): string[] {
    return [...this.#wanted.keys()].filter((id) => this.#ancestors(id).includes(space));
  }

  #ancestors(resource: string): string[] {
    const found: string[] = [];
    let parent = this.#wanted.get(resource)?.parent;
    while (parent !== undefined && !found.includes(parent)) {
      found.push(parent);
      parent = this.#wanted.get(parent)?.parent;
    }
    return found;
  }

  /** The resource whose room this is. */
  resourceOf(roomId: string): string | undefined {
    const portal = this.#parts.portals.byRoom(roomId);
    const resource = portal === undefined ? this.#resources.get(roomId) : `channel:${portal.id}`;
    return resource !== undefined && this.#wanted.has(resource) ? resource : undefined;
  }

  /** @param room a resource id, a room id, an alias or its localpart */
  find(room: string): string | undefined {
    if (this.#wanted.has(room)) return room;
    const { serverName } = this.#parts.kit.homeserver;
    const alias = aliasOf(/^[#!]/.test(room) ? room : `#${room}`, serverName);
    return this.resourceOf(room) ?? [...this.#wanted.values()].find((wanted) => wanted.alias === alias)?.id;
  }

  roomIdOf(resource: string): string | undefined {
    const wanted = this.#wanted.get(resource);
    if (wanted?.kind !== 'channel') return this.#roomIds.get(resource);
    return this.#portalOf(resource)?.roomId;
  }

  /** How the room stands, as far as was heard; undefined before it was read. */
  known(resource: string): ActualRoom | undefined {
    const roomId = this.roomIdOf(resource);
    return roomId === undefined ? undefined : this.#models.known(roomId);
  }

  /** The room of a resource; made where it is missing. A channel's is its portal's to make. */
  async ensure(wanted: ManagedRoom): Promise<Result<string>> {
    const known = this.roomIdOf(wanted.id);
    if (known !== undefined) return ok(known);
    if (wanted.kind === 'channel')
      return fail({
        code: 'room.not-yet',
        text: `The room of ${wanted.name} is not there yet.`,
        retry: 'later',
        notify: 'log',
      });
    const found = await this.#make(wanted);
    if (!found.ok) return found;
    const { db, stores } = this.#parts.kit;
    await db.transaction(async (sql) => {
      await stores.cursor.set(sql, ROOM_OF + wanted.id, found.value);
      await this.#maker.finished(sql, wanted.id);
    });
    this.#bind(wanted.id, found.value);
    return found;
  }

  /** How the room stands; read once, then kept by what is told of it. */
  async actual(roomId: string): Promise<Result<ActualRoom>> {
    const room = await this.#models.actual(roomId);
    if (!room.ok && room.error.code === UNKNOWN_ROOM) await this.#lose(roomId);
    return room;
  }

  /** The homeserver does not know the room any more: the next look makes another. A channel's is its portal's to make. */
  async #lose(roomId: string): Promise<void> {
    const { db, stores, log } = this.#parts.kit;
    const resource = this.#resources.get(roomId);
    if (resource === undefined) return;
    log.warn('the homeserver does not know a room of ours any more; it is made anew', { resource, room: roomId });
    await db.transaction((sql) => stores.cursor.delete(sql, ROOM_OF + resource));
    this.#roomIds.delete(resource);
    this.#resources.delete(roomId);
  }

  /** How a room stands, as far as was heard; undefined before it was read. */
  model(roomId: string): ActualRoom | undefined {
    return this.#models.known(roomId);
  }

  /** We are about to do this. @returns to be called once it was answered, or was not */
  begins(event: MatrixEvent): () => void {
    return this.#models.begins(event);
  }

  /** We did something in a room; its event will come back. */
  did(event: MatrixEvent): void {
    this.#models.did(event);
  }

  /** An event about somebody who is ours: of them nothing is planned. */
  follow(event: MatrixEvent): void {
    this.#models.follow(event);
  }

  /** An event of a room, by whichever way. */
  seen(event: MatrixEvent): Seen {
    return this.#models.seen(event);
  }

  /** Events may have been missed: rooms are read again when they are next looked at. */
  forget(roomId?: string): void {
    this.#models.forget(roomId);
  }

  #portalOf(resource: string) {
    return this.#parts.portals.get(resource.slice('channel:'.length) as PortalId);
  }

  #bind(resource: string, roomId: string): void {
    this.#roomIds.set(resource, roomId);
    this.#resources.set(roomId, resource);
  }

  #make(wanted: ManagedRoom): Promise<Result<string>> {
    const { botId } = this.#parts.kit.homeserver;
    const mark = { type: MARK, state_key: wanted.id, content: { resource: wanted.id } };
    return this.#maker.ensure({
      key: wanted.id,
      room: wanted.alias,
      mark,
      isTaken: (roomId) => this.#resources.has(roomId) || this.#parts.portals.byRoom(roomId) !== undefined,
      create: (roomVersion) => ({
        name: wanted.name,
        ...(wanted.topic === undefined ? {} : { topic: wanted.topic }),
        preset: wanted.join.rule === 'public' ? 'public_chat' : 'private_chat',
        roomVersion,
        initialState: [mark, ...firstState(wanted)],
        powerLevels: portalPowerLevels(botId, roomVersion),
        creationContent: {
          ...(wanted.kind === 'space' ? { type: 'm.space' as const } : {}),
          ...(wanted.federate ? {} : { 'm.federate': false }),
        },
      }),
      refusal: (state) => adoptionRefusal(state, botId, wanted.alias),
      onAdopt: [mark],
    });
  }
}

const isInvited = (room: ActualRoom, userId: string): boolean => room.members.get(userId)?.membership === 'invite';

/** What a room has from its first moment on, so that no door stands open until it is kept. */
const firstState = (wanted: ManagedRoom) => [
  { type: 'm.room.guest_access', state_key: '', content: { guest_access: 'forbidden' } },
  {
    type: 'm.room.history_visibility',
    state_key: '',
    content: { history_visibility: wanted.join.rule === 'public' ? 'shared' : 'invited' },
  },
];
