import { sameValue } from '../../core/authority/same-value.ts';
import { ok, type Result } from '../../core/errors.ts';
import type { DoorToMatrix, InviteToMatrix } from '../../core/events.ts';
import type { PortalId } from '../../core/ids.ts';
import type { RulesOnMatrix, Stance } from '../../core/room/channel-rules.ts';
import {
  type Asked,
  differs,
  NO_RECORD,
  newsIn,
  parseRecord,
  type RuleRecord,
  takenOver,
} from '../../core/room/rule-record.ts';
import type { Invitations } from '../admission/invitations.ts';
import type { ManagedRooms } from '../admission/managed-rooms.ts';
import type { Kit } from '../kit.ts';
import type { Ghosts } from '../people/ghosts.ts';
import { Turns } from '../timing/turns.ts';
import { bringRoom, LEVELS, releaseRoom } from './bring-room.ts';
import { invitePerson } from './invite-person.ts';
import type { Portal, PortalTable } from './portal-table.ts';
import { Walls } from './walls.ts';

/** Under this name a cursor holds the record of a portal's room. */
const RECORD = 'rules:';
/** Rooms brought at the same time: at a first start each of a thousand channels says how it stands. */
const AT_ONCE = 8;

export type RoomRulesParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly ghosts: () => Pick<Ghosts, 'idOf' | 'whoIs'>;
  readonly keeping: () => Keeping;
};

/** What the authority sees to. */
export type Keeping = {
  /** Whether it keeps a room: then nothing of it is the channel's to say. */
  readonly isKept: (room: string) => boolean;
  readonly rooms: Pick<ManagedRooms, 'resourceOf'>;
  readonly invitations: Pick<Invitations, 'invite'>;
};

/**
 * Rooms that follow the modes of their channels: who comes in, who speaks, who changes the topic. What was there before is remembered before
 * it is changed, and put back to the byte; what people change themselves stays theirs.
 */
export class RoomRules {
  readonly #parts: RoomRulesParts;
  readonly #turns = new Map<PortalId, Turns>();
  readonly #all = new Turns(AT_ONCE);
  /** What the channels said, as far as was heard. */
  readonly walls: Walls;

  private constructor(parts: RoomRulesParts, walls: Walls) {
    this.#parts = parts;
    this.walls = walls;
  }

  static async open(parts: RoomRulesParts): Promise<RoomRules> {
    return new RoomRules(parts, await Walls.open(parts.kit, (room) => parts.keeping().isKept(room)));
  }

  /** Invites somebody whom people of the channel invited there. */
  invite(effect: InviteToMatrix): Promise<Result<string>> {
    const { isKept, rooms, invitations } = this.#parts.keeping();
    const resource = isKept(effect.room) ? rooms.resourceOf(effect.room) : undefined;
    return invitePerson(this.#parts.kit, effect, resource === undefined ? undefined : { resource, invitations });
  }

  /** Brings a room to what its channel asks. Harmless when repeated. @returns the id of the last event that came of it; empty where none did */
  async bring({ room, open, rules }: DoorToMatrix): Promise<Result<string>> {
    return this.#inTurn(room, ok(''), async (portal, record) => {
      const asked = { open, rules: rules ?? record.asked?.rules };
      // A thousand channels at a start need not be asked how they stand.
      const isDone = record.room === room && record.isBehind !== true && sameValue(asked, record.asked);
      if (isDone && !this.#isStrict(portal)) return ok('');
      return this.#bringTo(portal, room, record, { open, ...(rules === undefined ? {} : { rules }) });
    });
  }

  /** What of a stance somebody changed, and the channel has not already; nothing where the room is not theirs to say. */
  async news(room: string, stance: Stance): Promise<Stance> {
    return this.#inTurn(room, {}, async (portal, record) => {
      const news = newsIn(stance, record);
      const next = { ...record, seen: { ...record.seen, ...stance, ...asBefore(news) } };
      await this.#write(portal.id, next);
      // Somebody may have given our bot what it lacked.
      if (record.isBehind === true && record.asked !== undefined) await this.#bringTo(portal, room, next, record.asked);
      return news;
    });
  }

  /** The channel's modes are what somebody made of the room: from now on they go with each other. */
  async agreed(room: string, stance: Stance): Promise<Result<unknown>> {
    return this.#inTurn<Result<unknown>>(room, ok(''), async (portal, { asked, ...stored }) => {
      const levels = await this.#parts.kit.homeserver.stateContent(room, LEVELS, '');
      if (!levels.ok) return levels;
      const { seen, set } = stored;
      const agreed = { seen: { ...seen, ...stance }, set: { ...set, ...stance } };
      const record = { ...takenOver(stored, stance, levels.value ?? {}), ...agreed };
      await this.#write(portal.id, record);
      // The channel may have said so first: then nothing else would bring the room to it.
      const isToldAlready = asked !== undefined && !differs(stance, asked);
      return isToldAlready ? this.#bringTo(portal, room, record, asked) : ok('');
    });
  }

  /** The channel stays as it is: so the room goes on saying what holds there. */
  async refused(room: string, stance: Stance): Promise<Result<unknown>> {
    return this.#inTurn<Result<unknown>>(room, ok(''), async (portal, stored) => {
      const record = { ...stored, seen: { ...stored.seen, ...stance } };
      await this.#write(portal.id, record);
      const { asked } = record;
      return asked === undefined ? ok('') : this.#bringTo(portal, room, record, asked);
    });
  }

  /** A link got another room: it is brought to what the channel asked of the one before. */
  async moved(room: string): Promise<void> {
    await this.#inTurn<Result<unknown>>(room, ok(''), async (portal, record) =>
      record.asked === undefined ? ok('') : this.#bringTo(portal, room, record, record.asked),
    );
  }

  /**
   * Rooms whose links are gone from the configuration, as it is once this is on its way, are put back; so are levels of those that the authority
   * keeps now. What cannot be reached is at the next start.
   */
  async release(): Promise<void> {
    const { kit, portals, keeping } = this.#parts;
    const { db, stores } = kit;
    for (const [name, text] of await db.transaction((sql) => stores.cursor.list(sql, RECORD))) {
      const portal = name.slice(RECORD.length) as PortalId;
      const { room, door, ...record } = parseRecord(text);
      const isKept = room !== undefined && keeping().isKept(room);
      if (portals.get(portal) !== undefined && !isKept) continue;
      await this.#turn(portal, async () => {
        // The door of a kept room is the plan's.
        const noted = door === undefined || isKept ? record : { ...record, door };
        const done = room === undefined ? ok('') : await releaseRoom(kit, room, noted);
        if (done.ok || done.error.retry === 'never')
          await db.transaction((sql) => stores.cursor.delete(sql, RECORD + portal));
      });
    }
  }

  async #bringTo(portal: Portal, room: string, record: RuleRecord, asked: Asked): Promise<Result<string>> {
    const { kit } = this.#parts;
    const parts = {
      ...{ kit, room, isStrict: this.#isStrict(portal), speakers: this.#speakers(portal, asked.rules, record) },
      note: (next: RuleRecord) => this.#write(portal.id, next),
    };
    return this.#all.take(async () => {
      const before = await this.#ofThisRoom(room, record);
      if (!before.ok) return before;
      const brought = await bringRoom(parts, before.value, asked);
      return brought.ok ? ok(brought.value.eventId) : brought;
    });
  }

  /** A room that was replaced hands on what was noted of it, since clients copy its levels; another one, which the link had before, is put back. */
  async #ofThisRoom(room: string, record: RuleRecord): Promise<Result<RuleRecord>> {
    const { kit } = this.#parts;
    if (record.room === undefined || record.room === room) return ok(record);
    const { room: _, seen: __, asked: ___, set: ____, isBehind: _____, ...handedOn } = record;
    const tombstone = await kit.homeserver.stateContent(record.room, 'm.room.tombstone', '');
    if (!tombstone.ok && tombstone.error.retry !== 'never') return tombstone;
    if (tombstone.ok && tombstone.value !== undefined) return ok(handedOn);
    const released = await releaseRoom(kit, record.room, record);
    return released.ok || released.error.retry === 'never' ? ok(NO_RECORD) : released;
  }

  #isStrict({ network }: Portal): boolean {
    return this.#parts.kit.networks.get(network)?.hasWalls === true;
  }

  /**
   * Whoever may speak in the channel. Who had a voice there and is not connected now keeps theirs in the room, or they could say nothing by which
   * they would be connected again.
   */
  #speakers(
    { network, channel }: Portal,
    rules: RulesOnMatrix | undefined,
    { changes }: RuleRecord,
  ): readonly string[] {
    if (rules?.moderated !== true) return [];
    const { kit } = this.#parts;
    const ghosts = this.#parts.ghosts();
    const nicks = kit.networks.get(network)?.nicks;
    const before = changes.flatMap(({ path: [holder, userId] }) => (holder === 'users' && userId ? [userId] : []));
    const away = before.filter((id) => ghosts.whoIs(id) === undefined && nicks?.nickOf(channel, id) === undefined);
    return [...rules.users, ...rules.subjects.map((subject) => ghosts.idOf(network, subject)), ...away];
  }

  /** One at a time for each link; nothing where the room is not its channel's to say. */
  async #inTurn<T>(room: string, nothing: T, work: (portal: Portal, record: RuleRecord) => Promise<T>): Promise<T> {
    const { portals, keeping } = this.#parts;
    const portal = portals.byRoom(room);
    if (portal === undefined || keeping().isKept(room)) return nothing;
    return this.#turn(portal.id, async () => work(portal, await this.#read(portal.id)));
  }

  #turn<T>(portal: PortalId, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(portal) ?? new Turns(1);
    this.#turns.set(portal, turns);
    return turns.take(work);
  }

  async #read(portal: PortalId): Promise<RuleRecord> {
    const { db, stores } = this.#parts.kit;
    return parseRecord(await db.transaction((sql) => stores.cursor.get(sql, RECORD + portal)));
  }

  async #write(portal: PortalId, record: RuleRecord): Promise<void> {
    const { db, stores } = this.#parts.kit;
    await db.transaction((sql) => stores.cursor.set(sql, RECORD + portal, JSON.stringify(record)));
  }
}

/** What is news stands as it stood until the channel has it too: whoever is stopped in between tries it again. */
const asBefore = (news: Stance): Stance =>
  Object.fromEntries(Object.entries(news).map(([what, now]) => [what, now !== true]));
