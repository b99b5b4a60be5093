import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import { adoptionRefusal } from '../../core/room/adoption.ts';
import { bridgeState, initialState, namespaceAlias, portalPowerLevels } from '../../core/room/portal-room.ts';
import { type Successor, successionRefusal } from '../../core/room/successor.ts';
import { withNote } from '../../core/room/topic-note.ts';
import type { Sql } from '../../ports/db.ts';
import type { CreateRoom } from '../../ports/matrix.ts';
import { ANCHOR, FLOOR, type RoomAnchors } from '../inbox/room-anchors.ts';
import type { Kit } from '../kit.ts';
import type { Vouching } from '../people/vouching.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Signal } from '../timing/signal.ts';
import { Turns } from '../timing/turns.ts';
import type { Portal, PortalTable } from './portal-table.ts';
import { RoomMaker, type RoomWish } from './room-maker.ts';

/** Rooms prepared at the same time: each makes a homeserver work hard. */
const AT_ONCE = 3;
/** Least wait after a call whose answer was lost: the homeserver may still be at it. */
const LOST_ANSWER_MS = 3_000;
const PATIENCE_MS = 30_000;

/** Notes what the configuration called the room when it was linked. */
export const MEANT = 'meant:';

export type ProvisionParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly anchors: RoomAnchors;
  readonly vouching: Vouching;
  /** What the authority asks of a room from its first moment on, where it asks for anything. */
  readonly creation: (portal: Portal) => Partial<CreateRoom>;
  /** A portal has its room from now on. */
  readonly onReady: (portal: Portal) => void;
  readonly stopping: () => boolean;
  /** Raised when the program stops, and when the bot was invited somewhere. */
  readonly nudge: Signal;
};

/** Gives portals their rooms: found by alias or id and adopted where the bot may act, made where there is none. */
export class Provision {
  readonly #parts: ProvisionParts;
  readonly #maker: RoomMaker;
  /** Each only for one try: a link that waits for somebody to act keeps no other waiting. */
  readonly #turns = new Turns(AT_ONCE);

  constructor(parts: ProvisionParts) {
    this.#parts = parts;
    this.#maker = new RoomMaker(parts.kit);
  }

  /** Until it has its room, or needs somebody to act (then `problem` says what). */
  async ensure(portal: Portal): Promise<void> {
    const { kit, stopping, nudge } = this.#parts;
    const backoff = new Backoff(kit.clock, 300, PATIENCE_MS);
    while (!stopping() && this.#parts.portals.get(portal.id) === portal && portal.roomId === undefined) {
      const room = await this.#turns.take(() => this.#room(portal)).catch(notPrepared);
      if (room.ok) return this.#ready(portal, room.value);
      portal.problem = room.error.text;
      const level = backoff.attempt === 0 ? 'warn' : 'debug';
      kit.log[level]('a channel has no room yet', {
        network: portal.network,
        channel: portal.channel,
        why: room.error.text,
      });
      await nudge.wait(restMs(room.error, backoff));
    }
  }

  async #ready(portal: Portal, roomId: string): Promise<void> {
    const { kit, portals, onReady } = this.#parts;
    const holder = portals.setRoom(portal, roomId);
    if (holder !== undefined) {
      portal.problem = `The room of ${portal.channel} on ${portal.network} is already that of ${holder.channel} on ${holder.network}. Give each channel a room of its own.`;
      kit.log.error(portal.problem);
      return;
    }
    portal.problem = undefined;
    kit.log.info('linked', { network: portal.network, channel: portal.channel, room: roomId });
    onReady(portal);
  }

  /**
   * One try to give a link the room that replaced its own.
   * @param note what else is stored in the moment in which the room is the link's
   */
  async succeed(portal: Portal, successor: Successor, note: (sql: Sql) => Promise<void>): Promise<Result<void>> {
    const { botId } = this.#parts.kit.homeserver;
    const taken = this.#taken(portal, successor.to);
    if (taken !== undefined) return fail(taken);
    const found = await this.#maker.ensure({
      ...this.#wish(portal),
      room: successor.to,
      refusal: (state) => successionRefusal(state, botId, portal.config.room, successor),
    });
    const moved = found.ok ? await this.#move(portal, found.value, note) : found;
    return moved.ok ? ok(undefined) : moved;
  }

  /**
   * One try to give a link a room where its own is not there any more: found by what the configuration says, or made.
   * @param note what else is stored in the moment in which the room is the link's
   */
  async renew(portal: Portal, note: (sql: Sql, roomId: string) => Promise<void>): Promise<Result<string>> {
    return this.#turns.take(async () => {
      const found = await this.#maker.ensure(this.#wish(portal));
      return found.ok ? this.#move(portal, found.value, (sql) => note(sql, found.value)) : found;
    });
  }

  async #move(portal: Portal, roomId: string, note: (sql: Sql) => Promise<void>): Promise<Result<string>> {
    const { portals, onReady } = this.#parts;
    const taken = this.#taken(portal, roomId);
    const finished = taken === undefined ? await this.#finish(portal, roomId, note) : fail(taken);
    if (!finished.ok) return finished;
    portals.moveRoom(portal, roomId);
    portal.problem = undefined;
    onReady(portal);
    return finished;
  }

  #taken(portal: Portal, roomId: string): BridgeError | undefined {
    const holder = this.#parts.portals.byRoom(roomId);
    if (holder === undefined || holder === portal) return undefined;
    const text = `That is already the room of ${holder.channel} on ${holder.network}. Give each channel a room of its own.`;
    return { code: 'room-refused', text, retry: 'never', notify: 'log' };
  }

  async #room(portal: Portal): Promise<Result<string>> {
    const found = await this.#maker.ensure(this.#wish(portal));
    return found.ok ? this.#finish(portal, found.value) : found;
  }

  #wish(portal: Portal): RoomWish {
    const { kit, portals } = this.#parts;
    const { botId } = kit.homeserver;
    const { vouching } = this.#parts;
    const room = vouching.describe(portal);
    const topic = withNote(room.topic ?? '', vouching.topicNote(portal).topicNote);
    const bridge = bridgeState(room, botId);
    const [mark] = bridge;
    if (mark === undefined) throw new Error('a portal has no mark');
    return {
      key: portal.id,
      room: portal.config.room,
      mark,
      isTaken: (roomId) => portals.byRoom(roomId) !== undefined,
      create: (roomVersion) => ({
        name: room.name,
        ...(topic === '' ? {} : { topic }),
        preset: 'public_chat',
        roomVersion,
        initialState: initialState(room, botId),
        powerLevels: portalPowerLevels(botId, roomVersion),
        ...this.#parts.creation(portal),
      }),
      refusal: (state) => adoptionRefusal(state, botId, portal.config.room),
      onAdopt: bridge,
    };
  }

  /** What every room needs, made or adopted; then it is stored as the portal's. */
  async #finish(
    portal: Portal,
    roomId: string,
    note: (sql: Sql) => Promise<void> = () => Promise.resolve(),
  ): Promise<Result<string>> {
    const { kit, anchors } = this.#parts;
    const { homeserver, stores } = kit;
    const short = await homeserver.createAlias(
      namespaceAlias(portal.network, portal.channel, homeserver.serverName),
      roomId,
    );
    if (!short.ok && short.error.retry !== 'never') return short;
    const members = await homeserver.joinedMembers(roomId);
    if (!members.ok) return members;
    const newest = await homeserver.messages(homeserver.botId, roomId, undefined, 1);
    if (!newest.ok) return newest;
    const anchor = newest.value.events[0]?.event_id;
    await kit.db.transaction(async (sql) => {
      for (const { userId, displayName } of members.value)
        await stores.member.put(sql, { roomId, userId, membership: 'join', displayName });
      if (anchor !== undefined) for (const name of [ANCHOR, FLOOR]) await stores.cursor.set(sql, name + roomId, anchor);
      await stores.portal.put(sql, {
        id: portal.id,
        network: portal.network,
        channel: portal.channel,
        roomId,
        lastToMatrixMs: null,
        lastToNetworkMs: null,
      });
      await stores.cursor.set(sql, MEANT + portal.id, portal.config.room);
      await this.#maker.finished(sql, portal.id);
      await note(sql);
    });
    if (anchor !== undefined) anchors.set(roomId, anchor);
    return ok(roomId);
  }
}

/** What could not be foreseen; the database is away, most likely. */
export const notPrepared = (error: unknown): Result<never> =>
  fail({ code: 'room', text: `The room could not be prepared: ${String(error)}`, retry: 'later', notify: 'log' });

/** How long to wait before the next try to prepare a room. Also what somebody has to mend is tried again: they will not think of telling us. */
export function restMs({ retry, waitMs = 0 }: BridgeError, backoff: Backoff): number {
  if (retry === 'never') return PATIENCE_MS;
  return Math.max(waitMs, retry === 'lookup' ? LOST_ANSWER_MS : 0, backoff.nextMs());
}
