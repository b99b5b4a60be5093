import { introduction, opening } from '../../core/direct.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import { GHOST_PREFIX, makeDirectId, makeLaneId } from '../../core/ids.ts';
import { bridgeState, type PortalRoom, portalPowerLevels, type StateEvent } from '../../core/room/portal-room.ts';
import { ANCHOR, FLOOR, type RoomAnchors } from '../inbox/room-anchors.ts';
import type { Kit } from '../kit.ts';
import type { Entry } from '../lanes/ledger.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { Portal } from '../rooms/portal-table.ts';
import { RoomMaker } from '../rooms/room-maker.ts';
import { ToldLately } from '../timing/told-lately.ts';

const THERE: ReadonlySet<unknown> = new Set(['join', 'invite']);

/** Rooms of private conversations: the ghost, the person, and the bot, without which nothing that was missed could be read. */
export class DirectRoomMaker {
  readonly #kit: Kit;
  readonly #ghosts: Ghosts;
  readonly #anchors: RoomAnchors;
  readonly #describe: (portal: Portal) => PortalRoom;
  readonly #maker: RoomMaker;
  /** Rooms into which somebody was called back who had left. */
  readonly #calledBack: ToldLately;

  constructor(kit: Kit, ghosts: Ghosts, anchors: RoomAnchors, describe: (portal: Portal) => PortalRoom) {
    this.#kit = kit;
    this.#ghosts = ghosts;
    this.#anchors = anchors;
    this.#describe = describe;
    this.#maker = new RoomMaker(kit);
    this.#calledBack = new ToldLately(kit.clock);
  }

  /**
   * Room, ghost and invitation. Each step may be repeated.
   * @param isWanted by the person themselves; of those who leave again and again what they are written calls nobody back so soon
   * @returns the room
   */
  async ensure(portal: Portal, isWanted: boolean): Promise<Result<string>> {
    const { direct, network } = portal;
    if (direct === undefined) throw new Error('a channel has no private room');
    const { peer } = direct;
    await this.#ghosts.prepare(network, peer.subject, peer.nick);
    const room = portal.roomId === undefined ? await this.#make(portal) : ok(portal.roomId);
    if (!room.ok) return room;
    const ghost = await this.#ghosts.ensure(network, peer.subject, peer.nick, room.value);
    if (!ghost.ok) return ghost;
    const invited = await this.#invite(ghost.value, room.value, direct.userId, isWanted);
    return invited.ok ? room : invited;
  }

  /** A room that is not its conversation's after all: whoever of ours is in it goes, with a reason. */
  async abandon({ network, direct }: Portal, roomId: string): Promise<void> {
    const { homeserver } = this.#kit;
    const why = 'You made another room for this conversation at the same moment; it goes on there.';
    if (direct !== undefined) await this.#ghosts.leave(this.#ghosts.idOf(network, direct.peer.subject), roomId, why);
    await homeserver.leave(homeserver.botId, roomId, why);
  }

  /** Whether its person is in the room, or invited. */
  async isThere({ roomId, direct }: Portal): Promise<boolean> {
    if (roomId === undefined || direct === undefined) return false;
    const { db, stores } = this.#kit;
    const member = await db.transaction((sql) => stores.member.get(sql, roomId, direct.userId));
    return THERE.has(member?.membership);
  }

  /** The newest event of a new room: from there on it is read back. */
  async anchorOf(roomId: string): Promise<string | undefined> {
    const { homeserver } = this.#kit;
    const newest = await homeserver.messages(homeserver.botId, roomId, undefined, 1);
    return newest.ok ? newest.value.events[0]?.event_id : undefined;
  }

  /** What a conversation begins with, in the commit that stores its room. */
  async finished(
    entry: Entry,
    portal: Portal,
    roomId: string,
    anchor: string | undefined,
    began: 'them' | 'us',
  ): Promise<void> {
    const { stores, clock } = this.#kit;
    const { direct, id, network } = portal;
    if (direct === undefined) return;
    const bearer = id === makeDirectId(network, direct.userId, direct.peer.subject) ? 'first' : 'later';
    await this.#maker.finished(entry.sql, id);
    if (anchor !== undefined) {
      for (const name of [ANCHOR, FLOOR]) await stores.cursor.set(entry.sql, name + roomId, anchor);
      entry.afterCommit(() => this.#anchors.set(roomId, anchor));
    }
    const body = (began === 'them' ? introduction : opening)(direct.peer, this.#describe(portal).networkName, bearer);
    const effect = { op: 'matrix.notice', room: roomId, body } as const;
    await entry.enqueue(makeLaneId(id, 'to-matrix'), [{ key: `direct|${roomId}`, effect }], clock.nowMs());
  }

  async #make(portal: Portal): Promise<Result<string>> {
    const { homeserver, digest } = this.#kit;
    const { botId } = homeserver;
    const { direct, network, id } = portal;
    if (direct === undefined) throw new Error('a channel has no private room');
    const { peer } = direct;
    const name = this.#ghosts.nameOf(network, peer.subject, peer.nick);
    const bridge = bridgeState({ ...this.#describe(portal), channel: peer.nick, name }, botId).map(
      ({ content, ...state }) => ({ ...state, content: { ...content, 'com.beeper.room_type': 'dm' } }),
    );
    const ghost = this.#ghosts.idOf(network, peer.subject);
    const state: StateEvent[] = [
      ...bridge,
      // Clients leave these out when they name a room after its people (MSC1228's successor in Element).
      { type: 'io.element.functional_members', state_key: '', content: { service_members: [botId] } },
      { type: 'm.room.guest_access', state_key: '', content: { guest_access: 'forbidden' } },
      { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'invited' } },
    ];
    const [mark] = bridge;
    if (mark === undefined) throw new Error('a conversation has no mark');
    return this.#maker.ensure({
      key: id,
      // Two who ask at once get one room.
      room: `#${GHOST_PREFIX}${network}_=direct_${digest(id).slice(0, 32)}`,
      mark: { ...mark, type: DIRECT_MARK, state_key: digest(id).slice(0, 32) },
      isTaken: () => false,
      create: (roomVersion) => {
        const powers = portalPowerLevels(botId, roomVersion);
        return {
          name,
          preset: 'private_chat',
          roomVersion,
          initialState: [...state, { type: DIRECT_MARK, state_key: digest(id).slice(0, 32), content: { network } }],
          powerLevels: { ...powers, users: { ...(powers.users as object), [ghost]: GHOST_POWER } },
          creationContent: { 'm.federate': !direct.userId.endsWith(`:${homeserver.serverName}`) },
        };
      },
      refusal: () => undefined,
      onAdopt: [],
    });
  }

  /** By the ghost, and as a direct room, so that clients show it among people. */
  async #invite(ghost: string, room: string, userId: string, isWanted: boolean): Promise<Result<void>> {
    const { homeserver } = this.#kit;
    const now = await homeserver.stateContent(room, 'm.room.member', userId);
    if (!now.ok) return now;
    if (THERE.has(now.value?.membership)) return ok(undefined);
    if (now.value?.membership === 'ban') return fail(SHUT);
    const hasLeft = now.value?.membership === 'leave';
    if (hasLeft && !isWanted && this.#calledBack.has(room)) return ok(undefined);
    const content = { membership: 'invite', is_direct: true };
    const asState = await homeserver.sendState(ghost, room, 'm.room.member', userId, content);
    const invited = asState.ok ? ok(undefined) : await homeserver.invite(homeserver.botId, room, userId);
    if (invited.ok && hasLeft) this.#calledBack.note(room);
    return invited;
  }
}

const GHOST_POWER = 50;
/** By which the room is found again, should a crash come between its making and its name. */
const DIRECT_MARK = 'coop.causeway.direct';

const SHUT = {
  code: 'direct.shut',
  text: 'The person is banned from the room of this conversation.',
  retry: 'never',
  notify: 'log',
} as const;
