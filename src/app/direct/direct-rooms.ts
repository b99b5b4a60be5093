import { type Direct, isSameBearer, type Peer } from '../../core/direct.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { NetworkMessage, NetworkSource } from '../../core/events.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import { laneKind, lanePortal, makeDirectId, type NetworkId, type PortalId } from '../../core/ids.ts';
import type { Sql } from '../../ports/db.ts';
import type { Kit } from '../kit.ts';
import type { Entry, Ledger } from '../lanes/ledger.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Signal } from '../timing/signal.ts';
import { Turns } from '../timing/turns.ts';
import type { DirectRoomMaker } from './direct-room-maker.ts';
import { Newcomers } from './newcomers.ts';
import type { MayMeet } from './open-directs.ts';

export type DirectRoomsParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly portals: PortalTable;
  readonly maker: Pick<DirectRoomMaker, 'ensure' | 'isThere' | 'anchorOf' | 'finished' | 'abandon'>;
  readonly refusal: MayMeet;
  /** The homeserver refuses something in this room: it may not be there any more. */
  readonly onRefused: (room: string) => void;
  readonly stopping: () => boolean;
  readonly stop: Signal;
};

/** Lets go on what waits for a conversation's room. */
export type Release = (portal: Portal) => Promise<void>;

/** Rooms that are made or looked after at the same time: each takes the homeserver several calls. */
const MOST_AT_ONCE = 4;

/** Who began a conversation: it decides what the bot says first. */
type Began = 'them' | 'us';

/**
 * Private conversations: one room for each pair of people, by who they are and not by what they are called. What comes before the room is
 * there waits on disk, in order.
 */
export class DirectRooms {
  readonly #parts: DirectRoomsParts;
  readonly #release = new Map<NetworkId, Release>();
  readonly #opening = new Set<string>();
  readonly #turns = new Turns(MOST_AT_ONCE);
  readonly #newcomers: Newcomers;

  constructor(parts: DirectRoomsParts) {
    this.#parts = parts;
    this.#newcomers = new Newcomers(parts.kit, parts.portals);
  }

  /** Takes up what an earlier process knew. */
  async load(): Promise<void> {
    const { kit, portals } = this.#parts;
    const [rows, waiting] = await kit.db.transaction(async (sql) => [
      await kit.stores.direct.all(sql),
      new Set(
        (await kit.stores.inbox.waitingLanes(sql)).filter((lane) => laneKind(lane) === 'to-matrix').map(lanePortal),
      ),
    ]);
    for (const { id, network, roomId, ...direct } of rows) {
      const portal = portals.addDirect(id, network, { ...direct, isOpen: roomId !== null && !waiting.has(id) });
      if (roomId !== null) portals.setRoom(portal, roomId);
    }
  }

  /** A network is there: what waited for its conversations goes on. */
  attach(network: NetworkId, release: Release): void {
    this.#release.set(network, release);
    for (const portal of this.#parts.portals.directs())
      if (portal.network === network && portal.direct?.isOpen === false) this.open(portal);
  }

  /**
   * The conversation that a message belongs to; its room may not be there yet.
   * @returns undefined where its receiver wants to hear nothing of who wrote it, or it cannot begin a conversation
   */
  async portalOf(entry: Entry, event: NetworkMessage, userId: string): Promise<Portal | undefined> {
    const peer = this.#peerOf(event.network, event.source);
    if (this.#first(event.network, userId, peer)?.direct?.blocked === true) return undefined;
    const isNew = this.#parts.portals.get(this.#idOf(event.network, userId, peer)) === undefined;
    // Programs say NOTICE, and nobody answers one (RFC 2812 §3.3.2).
    if (isNew && (event.style === 'notice' || this.#refusal(event.network, userId, event.source) !== undefined))
      return undefined;
    if (isNew && !(await this.#newcomers.mayBegin(entry, userId, peer))) return undefined;
    const portal = await this.#portal(entry, event.network, userId, peer);
    entry.afterCommit(() => this.open(portal));
    return portal;
  }

  #refusal(network: NetworkId, userId: string, { nick, account, origin }: NetworkSource): ReturnType<MayMeet> {
    return this.#parts.refusal(network, userId, { nick, account: account ?? null, origin: origin ?? null });
  }

  /** The conversation, as far as there is one and its receiver wants to hear of it: a gesture begins none. */
  existing(network: NetworkId, source: NetworkSource, userId: string): Portal | undefined {
    const peer = this.#peerOf(network, source);
    if (this.#first(network, userId, peer)?.direct?.blocked === true) return undefined;
    return this.#parts.portals.get(this.#idOf(network, userId, peer));
  }

  /** Somebody wants to write to a person of a network. @returns what they are told */
  async query(userId: string, network: NetworkId, nick: string): Promise<Result<string>> {
    const { kit, ledger } = this.#parts;
    const there = kit.networks.get(network);
    if (there?.privately === undefined) return fail(NOT_THERE);
    const found = await there.privately.find(nick);
    if (!found.ok) return found;
    if (found.value.own) return fail(OURS);
    const refusal = this.#refusal(network, userId, found.value.source);
    if (refusal !== undefined) return fail(refused(refusal.text));
    const peer = this.#peerOf(network, found.value.source);
    const portal = await ledger.write((entry) => this.#portal(entry, network, userId, peer));
    const invited = portal.roomId === undefined || !(await this.#parts.maker.isThere(portal));
    this.open(portal, 'us');
    return ok(
      invited
        ? `You are invited to a room with ${peer.nick}; what you write there goes to them in private.`
        : `You have a room with ${peer.nick}: https://matrix.to/#/${portal.roomId}`,
    );
  }

  /** @returns the conversation in this room, changed so */
  async setBlocked(roomId: string, userId: string, blocked: boolean): Promise<Portal | undefined> {
    const portal = this.#parts.portals.anyByRoom(roomId);
    if (portal?.direct?.userId !== userId) return undefined;
    // A block holds for the name: a change of address is no way around it.
    const first = this.#first(portal.network, userId, portal.direct.peer) ?? portal;
    await this.#parts.ledger.write(async (entry) => {
      await this.#parts.kit.stores.direct.setBlocked(entry.sql, first.id, blocked);
      entry.afterCommit(() => change(first, { blocked }));
    });
    return portal;
  }

  /** Somebody made a room with a ghost: it becomes their conversation. */
  async adopt(network: NetworkId, userId: string, peer: Peer, roomId: string): Promise<Portal> {
    const { ledger, maker, portals } = this.#parts;
    const anchor = await maker.anchorOf(roomId);
    return ledger.write(async (entry) => {
      const portal = await this.#portal(entry, network, userId, peer);
      if (portal.roomId !== undefined || portals.anyByRoom(roomId) !== undefined) return portal;
      await this.#setRoom(entry, portal, roomId, anchor, 'us');
      entry.afterCommit(() => this.open(portal));
      return portal;
    });
  }

  /**
   * One try to give a conversation a room where its own is not there any more.
   * @param note what else is stored in the moment in which the room is the conversation's
   */
  async renew(portal: Portal, note: (sql: Sql, roomId: string) => Promise<void>): Promise<Result<string>> {
    const { kit, ledger, maker, portals } = this.#parts;
    const room = await this.#turns.take(() => maker.ensure({ ...portal, roomId: undefined }, false));
    if (!room.ok) return room;
    const anchor = await maker.anchorOf(room.value);
    await ledger.write(async (entry) => {
      await kit.stores.direct.moveRoom(entry.sql, portal.id, room.value);
      await maker.finished(entry, portal, room.value, anchor, 'them');
      await note(entry.sql, room.value);
      entry.afterCommit(() => portals.moveRoom(portal, room.value));
    });
    portal.problem = undefined;
    return room;
  }

  /** Sees to it that the room is there and its person in it or invited, then lets go on what waits. Once at a time. */
  open(portal: Portal, began: Began = 'them'): void {
    if (this.#opening.has(portal.id)) return;
    this.#opening.add(portal.id);
    void this.#open(portal, began)
      .catch((error: unknown) =>
        this.#parts.kit.log.error('a private conversation could not be opened; the next line tries again', {
          network: portal.network,
          error: String(error),
        }),
      )
      .finally(() => this.#opening.delete(portal.id));
  }

  async #open(portal: Portal, began: Began): Promise<void> {
    const { kit, maker, stopping, stop, ledger } = this.#parts;
    const backoff = new Backoff(kit.clock, 500, 30_000);
    while (!stopping()) {
      const room = await this.#turns.take(() => maker.ensure(portal, began === 'us'));
      if (room.ok) {
        if (portal.roomId === undefined) {
          const anchor = await maker.anchorOf(room.value);
          await ledger.write((entry) => this.#setRoom(entry, portal, room.value, anchor, began));
        }
        if (portal.roomId !== room.value) {
          // They made one themselves meanwhile: that is seen to next.
          await maker.abandon(portal, room.value);
          if (portal.roomId === undefined) return;
          continue;
        }
        if (portal.direct?.isOpen === false) await this.#release.get(portal.network)?.(portal);
        return;
      }
      portal.problem = room.error.text;
      if (room.error.retry === 'never') {
        kit.log.warn('a private conversation has no room', { network: portal.network, why: room.error.text });
        if (portal.roomId !== undefined) this.#parts.onRefused(portal.roomId);
        return;
      }
      await stop.wait(Math.max(room.error.waitMs ?? 0, backoff.nextMs()));
    }
  }

  /** The pair's, made where it is new; how the other was last seen is kept. */
  async #portal(entry: Entry, network: NetworkId, userId: string, peer: Peer): Promise<Portal> {
    const { kit, portals } = this.#parts;
    const id = this.#idOf(network, userId, peer);
    const portal = portals.get(id) ?? portals.addDirect(id, network, { userId, peer, blocked: false, isOpen: false });
    await kit.stores.direct.meet(entry.sql, { id, network, userId, peer });
    entry.afterCommit(() => change(portal, { peer }));
    return portal;
  }

  /** Where the conversation has another room already, that one stays. */
  async #setRoom(
    entry: Entry,
    portal: Portal,
    roomId: string,
    anchor: string | undefined,
    began: Began,
  ): Promise<void> {
    const { kit, portals, maker } = this.#parts;
    const room = await kit.stores.direct.setRoom(entry.sql, portal.id, roomId);
    if (room === roomId) await maker.finished(entry, portal, roomId, anchor, began);
    await this.#newcomers.roomMade(entry, portal, room);
    entry.afterCommit(() => portals.setRoom(portal, room));
  }

  /** The conversation with whoever was the first to have this name. */
  #first(network: NetworkId, userId: string, { subject }: Peer): Portal | undefined {
    return this.#parts.portals.get(makeDirectId(network, userId, subject));
  }

  /** Of a nick that nobody vouches for, each address has a conversation of its own: whoever takes the nick inherits nothing. */
  #idOf(network: NetworkId, userId: string, peer: Peer): PortalId {
    const first = this.#first(network, userId, peer);
    if (first?.direct === undefined || isSameBearer(first.direct.peer, peer))
      return makeDirectId(network, userId, peer.subject);
    return makeDirectId(network, userId, peer.subject, peer.host ?? '');
  }

  #peerOf(network: NetworkId, source: NetworkSource): Peer {
    const there = this.#parts.kit.networks.get(network);
    const { nick, user, host } = source;
    return {
      subject: subjectOf(source, (name) => there?.fold(name) ?? name),
      nick,
      host: user === undefined || host === undefined ? null : `${user}@${host}`,
    };
  }
}

/** What a commit changed, on top of what the commits before it did. */
function change(portal: Portal, changed: Partial<Direct>): void {
  if (portal.direct !== undefined) portal.direct = { ...portal.direct, ...changed };
}

const refused = (text: string): BridgeError => ({
  code: 'policy.private',
  text: `There is no way to talk in private: one of you is ${text}.`,
  retry: 'never',
  notify: 'sender',
});

const NOT_THERE = {
  code: 'direct.no-network',
  text: 'Private messages cannot be sent to that network.',
  retry: 'never',
  notify: 'sender',
} as const;

const OURS = {
  code: 'direct.ours',
  text: 'That is somebody on Matrix: write to them there.',
  retry: 'never',
  notify: 'sender',
} as const;
