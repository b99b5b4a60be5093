import type { NetworkSource } from '../../core/events.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import type { Network } from '../../ports/network.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import { inBackground } from '../timing/background.ts';
import type { Ghosts } from './ghosts.ts';
import type { People } from './people.ts';
import type { Vouching } from './vouching.ts';

/** Rooms of more people than this are spared: there somebody is always typing, and each sign goes to everybody. */
const MAX_PEOPLE = 50;
const COUNT_EVERY_MS = 60_000;
/** A sign on IRC holds for 6 s and may be given every 3 (IRCv3 typing). */
const REPEAT_MS = 3_000;
/** How long a sign of ours holds on Matrix when nothing takes it back. */
const HOLD_MS = 7_000;
/** Most who are shown at a time, in one room. */
const MAX_TYPING = 5;
/** A client that says no end has gone: nobody types for so long without a stop. */
const MAX_REPEATS = 40;

export type TypingParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly people: People;
  readonly ghosts: Ghosts;
  readonly gate: LineGate;
  readonly vouching: Vouching;
};

/** Signs that somebody types, both ways, in small rooms. Not stored: a sign that is late is of no use. */
export class Typing {
  readonly #parts: TypingParts;
  /** Ghosts that are shown typing, by room and ghost. */
  readonly #ghosts = new Map<string, number>();
  /** People of Matrix who are shown typing on the network, by portal. */
  readonly #here = new Map<string, ReadonlySet<string>>();
  readonly #sizes = new Map<string, { readonly small: boolean; readonly atMs: number }>();

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  /** Somebody on a network begins or ends typing. Nobody comes into a room for it. */
  heard(network: Network, channel: string, source: NetworkSource, active: boolean): void {
    const { kit, portals } = this.#parts;
    const portal = portals.byChannel(network.id, channel);
    if (portal?.roomId !== undefined) inBackground(kit, this.#show(portal, portal.roomId, network, source, active));
  }

  /** Somebody on a network said something: what they typed is there. */
  spoke(network: Network, channel: string, source: NetworkSource): void {
    if (this.#ghosts.size > 0) this.heard(network, channel, source, false);
  }

  async #show(portal: Portal, room: string, network: Network, source: NetworkSource, active: boolean): Promise<void> {
    const { kit, ghosts, gate, vouching } = this.#parts;
    const ghost = ghosts.idOf(
      network.id,
      subjectOf(source, (name) => network.fold(name)),
    );
    const key = `${room} ${ghost}`;
    if (!active) {
      if (this.#ghosts.delete(key)) await kit.homeserver.typing(ghost, room, 0);
      return;
    }
    const nowMs = kit.clock.nowMs();
    for (const [shown, untilMs] of this.#ghosts) if (untilMs <= nowMs) this.#ghosts.delete(shown);
    const others = [...this.#ghosts.keys()].filter((shown) => shown.startsWith(`${room} `) && shown !== key);
    if (others.length >= MAX_TYPING || !(await this.#isSmall(room))) return;
    const { nick, account = null, origin = null } = source;
    const speaker = { nick, account, origin, assurance: vouching.assuranceOf(network.id, source) };
    const verdict = gate.toMatrix(portal.id, speaker);
    if (verdict.kind !== 'yes' || verdict.mark !== undefined || verdict.spokenFor === true) return;
    const member = await kit.db.transaction((sql) => kit.stores.member.get(sql, room, ghost));
    if (member?.membership !== 'join') return;
    this.#ghosts.set(key, nowMs + HOLD_MS);
    await kit.homeserver.typing(ghost, room, HOLD_MS);
  }

  /** @param userIds everybody who types in the portal's room now, none of them a ghost */
  async inRoom(portal: Portal, network: Network, userIds: readonly string[]): Promise<void> {
    if (network.typing === undefined || portal.roomId === undefined) return;
    const before = this.#here.get(portal.id) ?? new Set();
    const now = new Set((await this.#isSmall(portal.roomId)) ? userIds.slice(0, MAX_TYPING) : []);
    if (now.size === 0) this.#here.delete(portal.id);
    else this.#here.set(portal.id, now);
    for (const userId of before) if (!now.has(userId)) await this.#sign(portal, network, userId, false);
    for (const userId of now) if (!before.has(userId)) await this.#sign(portal, network, userId, true);
    if (now.size > 0) this.#repeat(portal, network, now, 1);
  }

  #repeat(portal: Portal, network: Network, typing: ReadonlySet<string>, times: number): void {
    const { kit } = this.#parts;
    kit.clock.after(REPEAT_MS, () => {
      if (this.#here.get(portal.id) !== typing) return;
      if (times >= MAX_REPEATS) this.#here.delete(portal.id);
      else {
        for (const userId of typing) inBackground(kit, this.#sign(portal, network, userId, true));
        this.#repeat(portal, network, typing, times + 1);
      }
    });
  }

  async #sign({ id, roomId, channel }: Portal, network: Network, userId: string, active: boolean): Promise<void> {
    const { people, gate } = this.#parts;
    if (roomId === undefined || gate.toNetwork(id, userId).kind !== 'yes') return;
    network.typing?.(await people.person(roomId, userId), channel, active);
  }

  async #isSmall(room: string): Promise<boolean> {
    const { kit } = this.#parts;
    const nowMs = kit.clock.nowMs();
    const known = this.#sizes.get(room);
    if (known !== undefined && nowMs - known.atMs < COUNT_EVERY_MS) return known.small;
    const members = await kit.db.transaction((sql) => kit.stores.member.inRoom(sql, room));
    const small = members.filter(({ membership }) => membership === 'join').length <= MAX_PEOPLE;
    this.#sizes.set(room, { small, atMs: nowMs });
    return small;
  }
}
