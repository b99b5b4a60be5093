import { sameValue } from '../../core/authority/same-value.ts';
import { ok, type Result } from '../../core/errors.ts';
import type { DoorToMatrix, InviteToMatrix } from '../../core/events.ts';
import type { PortalId } from '../../core/ids.ts';
import { type Content, ownValue, readRoom } from '../../core/room/actual-room.ts';
import type { RulesOnMatrix, Stance } from '../../core/room/channel-rules.ts';
import { isOpenDoor, stanceOf, TOPIC_POWER, withoutRules, withRules } from '../../core/room/rule-levels.ts';
import { agreedStance, differs, newsIn, parseRecord, type RuleRecord, takenOver } from '../../core/room/rule-record.ts';
import type { Admission } from '../admission/admission.ts';
import type { ManagedRooms } from '../admission/managed-rooms.ts';
import type { Kit } from '../kit.ts';
import type { Ghosts } from '../people/ghosts.ts';
import { Turns } from '../timing/turns.ts';
import { invitePerson } from './invite-person.ts';
import type { Portal, PortalTable } from './portal-table.ts';
import { bringRoomDoor, isOurs } from './room-door.ts';
import { Walls } from './walls.ts';

/** Under this name a cursor holds the record of a portal's room. */
const RECORD = 'rules:';
const LEVELS = 'm.room.power_levels';

export type RoomRulesParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly ghosts: () => Pick<Ghosts, 'idOf'>;
  readonly keeping: () => Keeping;
};

/** What the authority sees to. */
export type Keeping = {
  /** Whether it keeps a room: then nothing of it is the channel's to say. */
  readonly isKept: (room: string) => boolean;
  readonly rooms: Pick<ManagedRooms, 'resourceOf'>;
  readonly admission: Pick<Admission, 'standingOf'>;
};

/**
 * Rooms that follow the modes of their channels: who comes in, who speaks, who changes the topic. What was there before is remembered before
 * it is changed, and put back to the byte; what people change themselves stays theirs.
 */
export class RoomRules {
  readonly #parts: RoomRulesParts;
  readonly #turns = new Map<PortalId, Turns>();
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
    return invitePerson(this.#parts.kit, effect, (room, userId) => this.#mayEnter(room, userId));
  }

  #mayEnter(room: string, userId: string): boolean {
    const { isKept, rooms, admission } = this.#parts.keeping();
    const resource = isKept(room) ? rooms.resourceOf(room) : undefined;
    if (resource === undefined) return true;
    const { membership } = admission.standingOf(userId, resource);
    return membership === 'in' || membership === 'may';
  }

  /** Brings a room to what its channel asks. Harmless when repeated. @returns the id of the last event that came of it; empty where none did */
  async bring(effect: DoorToMatrix): Promise<Result<string>> {
    const portal = this.#parts.portals.byRoom(effect.room);
    if (portal === undefined || this.#parts.keeping().isKept(effect.room)) return ok('');
    const { open, rules } = effect;
    return this.#turn(portal.id, async () => {
      const record = await this.#read(portal.id);
      const asked = { open, rules: rules ?? record.asked?.rules };
      const isStrict = this.#parts.kit.networks.get(portal.network)?.hasWalls === true;
      // A thousand channels at a start need not be asked how they stand.
      if (!isStrict && sameValue(asked, record.asked)) return ok('');
      return this.#bringTo(portal, effect.room, record, { open, ...(rules === undefined ? {} : { rules }) });
    });
  }

  /** What of a stance somebody changed, and the channel has not already; nothing where the room is not theirs to say. */
  async news(room: string, stance: Stance): Promise<Stance> {
    const portal = this.#parts.portals.byRoom(room);
    if (portal === undefined || this.#parts.keeping().isKept(room)) return {};
    return this.#turn(portal.id, async () => {
      const record = await this.#read(portal.id);
      const news = newsIn(stance, record);
      await this.#write(portal.id, { ...record, seen: { ...record.seen, ...stance, ...asBefore(news) } });
      return news;
    });
  }

  /** The channel's modes are what somebody made of the room: from now on they go with each other. */
  async agreed(room: string, stance: Stance): Promise<Result<unknown>> {
    const portal = this.#parts.portals.byRoom(room);
    if (portal === undefined) return ok(undefined);
    return this.#turn(portal.id, async () => {
      const levels = await this.#parts.kit.homeserver.stateContent(room, LEVELS, '');
      if (!levels.ok) return levels;
      const { asked, ...stored } = await this.#read(portal.id);
      const record = { ...takenOver(stored, stance, levels.value ?? {}), seen: { ...stored.seen, ...stance } };
      await this.#write(portal.id, record);
      // The channel may have said so first: then nothing else would bring the room to it.
      const isToldAlready = asked !== undefined && !differs(stance, asked);
      return isToldAlready ? this.#bringTo(portal, room, record, asked) : ok(undefined);
    });
  }

  /** The channel stays as it is: so the room goes on saying what holds there. */
  async refused(room: string, stance: Stance): Promise<Result<unknown>> {
    const portal = this.#parts.portals.byRoom(room);
    if (portal === undefined) return ok(undefined);
    return this.#turn(portal.id, async () => {
      const stored = await this.#read(portal.id);
      const record = { ...stored, seen: { ...stored.seen, ...stance } };
      await this.#write(portal.id, record);
      const { asked } = record;
      return asked === undefined ? ok('') : this.#bringTo(portal, room, record, asked);
    });
  }

  async #bringTo(
    portal: Portal,
    room: string,
    before: RuleRecord,
    asked: NonNullable<RuleRecord['asked']>,
  ): Promise<Result<string>> {
    const { kit } = this.#parts;
    let record = before;
    const isStrict = kit.networks.get(portal.network)?.hasWalls === true;
    const closed = await bringRoomDoor(kit, room, asked.open, isStrict, {
      get: () => record.door,
      set: async (door) => {
        const { door: _, ...others } = record;
        record = { ...others, ...(door === undefined ? {} : { door }) };
        await this.#write(portal.id, record);
      },
    });
    if (!closed.ok && closed.error.retry !== 'never') return closed;
    const set = asked.rules === undefined ? ok(record) : await this.#bringLevels(portal.id, room, record, asked.rules);
    if (!set.ok) return set;
    const seen = await this.#lookAt(room);
    if (!seen.ok) return seen;
    const rules = asked.rules ?? record.asked?.rules;
    const known = { open: asked.open, ...(rules === undefined ? {} : { rules }) };
    const next = { ...set.value, ...seen.value.open, asked: known };
    await this.#write(portal.id, { ...next, seen: agreedStance(seen.value.stance, next) });
    return closed.ok ? closed : ok('');
  }

  /** @returns the record as it is then */
  async #bringLevels(
    portal: PortalId,
    room: string,
    record: RuleRecord,
    rules: RulesOnMatrix,
  ): Promise<Result<RuleRecord>> {
    const { kit } = this.#parts;
    const { homeserver } = kit;
    const now = await homeserver.stateContent(room, LEVELS, '');
    if (!now.ok) return now;
    if (now.value === undefined) return ok(record);
    const natural = withoutRules(now.value, record.changes);
    const { moderated, topicLocked } = rules;
    // Only what would be opened has to be ours.
    const mayOpen = !topicLocked && ownValue(natural.events, 'm.room.topic') === TOPIC_POWER;
    const { levels, changes } = withRules(natural, {
      moderated,
      topicLocked,
      speakers: this.#speakers(portal, rules),
      isOurs: mayOpen && (await isOurs(kit, room)),
    });
    if (sameValue(levels, now.value)) return ok({ ...record, changes });
    if (!(await this.#mayWrite(room))) return ok(record);
    // Both, until one of them holds: whoever is stopped in between knows of either what it was.
    await this.#write(portal, { ...record, changes: [...record.changes, ...changes] });
    const sent = await homeserver.sendState(homeserver.botId, room, LEVELS, '', levels);
    if (sent.ok) return ok({ ...record, changes });
    if (sent.error.retry !== 'never') return sent;
    kit.log.warn('a room does not follow the modes of its channel', { room, why: sent.error.text });
    return ok(record);
  }

  #speakers(portal: PortalId, { moderated, users, subjects }: RulesOnMatrix): readonly string[] {
    const { ghosts, portals } = this.#parts;
    const network = portals.networkOf(portal);
    return moderated ? [...users, ...subjects.map((subject) => ghosts().idOf(network, subject))] : [];
  }

  async #mayWrite(room: string): Promise<boolean> {
    const { homeserver } = this.#parts.kit;
    const state = await homeserver.state(room);
    if (!state.ok) return false;
    const actual = readRoom(room, state.value);
    return actual.powerOf(homeserver.botId) >= actual.powerForState(LEVELS);
  }

  /** How the room stands, and of what is open, what stands there. */
  async #lookAt(room: string): Promise<
    Result<{
      readonly stance: Stance;
      readonly open: Pick<RuleRecord, 'speech' | 'topic' | 'joinRules'>;
    }>
  > {
    const { homeserver } = this.#parts.kit;
    const levels = await homeserver.stateContent(room, LEVELS, '');
    if (!levels.ok) return levels;
    const joinRules = await homeserver.stateContent(room, 'm.room.join_rules', '');
    if (!joinRules.ok) return joinRules;
    const content: Content = levels.value ?? {};
    const stance = { ...stanceOf(content), closed: !isOpenDoor(joinRules.value) };
    const at = (holder: unknown, key: string): readonly unknown[] => {
      const value = ownValue(holder, key);
      return value === undefined ? [] : [value];
    };
    return ok({
      stance,
      open: {
        ...(stance.moderated ? {} : { speech: at(content, 'events_default') }),
        ...(stance.topicLocked ? {} : { topic: at(content.events, 'm.room.topic') }),
        ...(stance.closed || joinRules.value === undefined ? {} : { joinRules: joinRules.value }),
      },
    });
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
