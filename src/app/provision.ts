import { fail, ok, type Result } from '../core/errors.ts';
import { adoptionRefusal } from '../core/room/adoption.ts';
import {
  aliasOf,
  bridgeState,
  initialState,
  namespaceAlias,
  type PortalRoom,
  portalPowerLevels,
} from '../core/room/portal-room.ts';
import { Backoff } from './backoff.ts';
import type { Kit } from './kit.ts';
import type { Portal, PortalTable } from './portal-table.ts';
import { ANCHOR, FLOOR, type RoomAnchors } from './room-anchors.ts';
import type { Signal } from './signal.ts';

/** Rooms prepared at the same time: each makes a homeserver work hard. */
const AT_ONCE = 3;
/** Least wait after a call whose answer was lost: the homeserver may still be at it. */
const LOST_ANSWER_MS = 3_000;

/** Notes how far the making of a room got, so that a crash in the middle makes no second one. */
const CREATING = 'creating:';
/** Notes what the configuration called the room when it was linked. */
export const MEANT = 'meant:';

export type ProvisionParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly anchors: RoomAnchors;
  readonly networkName: (id: string) => string;
  /** A portal has its room from now on. */
  readonly onReady: (portal: Portal) => void;
  readonly stopping: () => boolean;
  /** Raised when the program stops, and when the bot was invited somewhere. */
  readonly nudge: Signal;
};

/** Gives portals their rooms: found by alias or id and adopted where the bot may act, made where there is none. */
export class Provision {
  readonly #parts: ProvisionParts;
  #roomVersion: string | undefined;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: ProvisionParts) {
    this.#parts = parts;
  }

  /** Until it has its room, or needs somebody to act (then `problem` says what). */
  async ensure(portal: Portal): Promise<void> {
    const { kit, stopping, nudge } = this.#parts;
    const backoff = new Backoff(kit.clock, 300, 30_000);
    while (!stopping() && this.#parts.portals.get(portal.id) === portal && portal.roomId === undefined) {
      const room = await this.#inTurn(() => this.#room(portal)).catch((error: unknown) =>
        fail({ code: 'room', text: `The room could not be prepared: ${String(error)}`, retry: 'later', notify: 'log' }),
      );
      if (room.ok) return this.#ready(portal, room.value);
      portal.problem = room.error.text;
      const level = backoff.attempt === 0 ? 'warn' : 'debug';
      kit.log[level]('a channel has no room yet', {
        network: portal.network,
        channel: portal.channel,
        why: room.error.text,
      });
      // Also what somebody has to mend is tried again: they will not think of telling us.
      const leastMs = Math.max(room.error.waitMs ?? 0, room.error.retry === 'lookup' ? LOST_ANSWER_MS : 0);
      await nudge.wait(room.error.retry === 'never' ? 30_000 : Math.max(leastMs, backoff.nextMs()));
    }
  }

  /** A few at a time, each only for one try: a link that waits for somebody to act keeps no other waiting. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy--;
      else next();
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

  async #room(portal: Portal): Promise<Result<string>> {
    const { kit } = this.#parts;
    const alias = aliasOf(portal.config.room, kit.homeserver.serverName);
    if (alias === undefined) return this.#adopt(portal, portal.config.room);
    const there = await kit.homeserver.resolveAlias(alias);
    if (!there.ok) return there;
    if (there.value !== undefined) return this.#take(portal, alias, there.value);
    if (!alias.endsWith(`:${kit.homeserver.serverName}`))
      return fail({
        code: 'no-such-room',
        text: `There is no room ${alias}, and only its own homeserver could make it. Make it there, or write an alias of ${kit.homeserver.serverName}.`,
        retry: 'never',
        notify: 'log',
      });
    return this.#create(portal, alias);
  }

  async #create(portal: Portal, alias: string): Promise<Result<string>> {
    const { kit } = this.#parts;
    const made = await this.#unfinishedRoom(portal);
    if (!made.ok) return made;
    let roomId = made.value;
    if (roomId === undefined) {
      const version = await this.#version();
      if (!version.ok) return version;
      await this.#note(portal, 'asked');
      const created = await kit.homeserver.createRoom({
        name: this.#describe(portal).name,
        ...(portal.config.topic === undefined ? {} : { topic: portal.config.topic }),
        preset: 'public_chat',
        roomVersion: version.value,
        initialState: initialState(this.#describe(portal), kit.homeserver.botId),
        powerLevels: portalPowerLevels(kit.homeserver.botId, version.value),
      });
      if (!created.ok) return created;
      roomId = created.value;
    }
    await this.#note(portal, roomId);
    const named = await kit.homeserver.createAlias(alias, roomId);
    if (!named.ok) return named;
    return this.#complete(portal, alias, roomId);
  }

  /** The room behind an alias: our own whose making was cut off, or somebody's to be adopted. */
  async #take(portal: Portal, alias: string, roomId: string): Promise<Result<string>> {
    const { kit } = this.#parts;
    const noted = await kit.db.transaction((sql) => kit.stores.cursor.get(sql, CREATING + portal.id));
    return noted === roomId ? this.#complete(portal, alias, roomId) : this.#adopt(portal, roomId);
  }

  /** What a room of our making still needs once it has its alias. */
  async #complete(portal: Portal, alias: string, roomId: string): Promise<Result<string>> {
    const { homeserver } = this.#parts.kit;
    const content = { alias };
    const canonical = await homeserver.sendState(homeserver.botId, roomId, 'm.room.canonical_alias', '', content);
    return canonical.ok ? this.#finish(portal, roomId) : canonical;
  }

  /** The room of a creation that a crash cut off: noted, or among the bot's rooms under our mark. */
  async #unfinishedRoom(portal: Portal): Promise<Result<string | undefined>> {
    const { kit } = this.#parts;
    const noted = await kit.db.transaction((sql) => kit.stores.cursor.get(sql, CREATING + portal.id));
    if (noted === undefined) return ok(undefined);
    if (noted !== 'asked') return ok(noted);
    const rooms = await kit.homeserver.joinedRooms(kit.homeserver.botId);
    if (!rooms.ok) return rooms;
    const [mark] = bridgeState(this.#describe(portal), kit.homeserver.botId);
    for (const room of rooms.value) {
      if (this.#parts.portals.byRoom(room) !== undefined || mark === undefined) continue;
      const state = await kit.homeserver.stateContent(room, mark.type, mark.state_key);
      if (!state.ok && state.error.retry !== 'never') return state;
      if (state.ok && state.value !== undefined) return ok(room);
    }
    return ok(undefined);
  }

  async #adopt(portal: Portal, roomId: string): Promise<Result<string>> {
    const { kit } = this.#parts;
    const joined = await kit.homeserver.join(kit.homeserver.botId, roomId);
    if (!joined.ok)
      return joined.error.retry === 'never'
        ? fail({
            ...joined.error,
            text: `The bot ${kit.homeserver.botId} cannot join ${portal.config.room}. Invite it there. (${joined.error.text})`,
          })
        : joined;
    const state = await kit.homeserver.state(roomId);
    if (!state.ok) return state;
    const refusal = adoptionRefusal(state.value, kit.homeserver.botId, portal.config.room);
    if (refusal !== undefined) return fail({ code: 'room-refused', text: refusal, retry: 'never', notify: 'log' });
    for (const { type, state_key, content } of bridgeState(this.#describe(portal), kit.homeserver.botId)) {
      const written = await kit.homeserver.sendState(kit.homeserver.botId, roomId, type, state_key, content);
      if (!written.ok) return written;
    }
    return this.#finish(portal, roomId);
  }

  /** What every room needs, made or adopted; then it is stored as the portal's. */
  async #finish(portal: Portal, roomId: string): Promise<Result<string>> {
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
      await stores.cursor.delete(sql, CREATING + portal.id);
    });
    if (anchor !== undefined) anchors.set(roomId, anchor);
    return ok(roomId);
  }

  /** The newest version that the server calls stable and we know, 12 before 11 before its default. */
  async #version(): Promise<Result<string>> {
    if (this.#roomVersion !== undefined) return ok(this.#roomVersion);
    const probe = await this.#parts.kit.homeserver.probe();
    if (!probe.ok) return probe;
    const { roomVersions, defaultRoomVersion } = probe.value;
    const known = ['12', '11', '10'].find((version) => roomVersions.get(version) === 'stable');
    this.#roomVersion = known ?? defaultRoomVersion;
    return ok(this.#roomVersion);
  }

  #describe(portal: Portal): PortalRoom {
    const { network, channel, config } = portal;
    return {
      network,
      networkName: this.#parts.networkName(network),
      channel,
      name: config.name ?? channel,
      ...(config.topic === undefined ? {} : { topic: config.topic }),
    };
  }

  async #note(portal: Portal, progress: string): Promise<void> {
    const { kit } = this.#parts;
    await kit.db.transaction((sql) => kit.stores.cursor.set(sql, CREATING + portal.id, progress));
  }
}
