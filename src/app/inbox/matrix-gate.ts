import type { MatrixEvent } from '../../core/events.ts';
import { parseGhostId } from '../../core/ids.ts';
import type { Presence } from '../../core/presence.ts';
import { namespaceAlias } from '../../core/room/portal-room.ts';
import type { MatrixSink } from '../../ports/matrix.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { People } from '../people/people.ts';
import type { Signs } from '../people/signs.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { inBackground } from '../timing/background.ts';
import type { Signal } from '../timing/signal.ts';
import type { MatrixInbox } from './matrix-inbox.ts';
import type { ReadBack } from './read-back.ts';

/** Events that only `/sync` brings for so long mean that the homeserver cannot reach us. */
const PUSH_PATIENCE_MS = 60_000;

export type MatrixGateParts = {
  readonly signs: Signs;
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly inbox: MatrixInbox;
  readonly readBack: ReadBack;
  readonly people: People;
  readonly isOurs: (userId: string) => boolean;
  readonly nudge: Signal;
  readonly gate: LineGate;
  /** What keeps rooms hears of everything too, once it is on disk. */
  readonly keeping: {
    seen(events: readonly MatrixEvent[]): void;
    interrupted(): void;
    called(room: string, by: string): void;
  };
  /** What follows policy lists. */
  readonly policies: { interrupted(): void };
  /** Answers invitations of ghosts. */
  readonly invitations: { seen(events: readonly MatrixEvent[]): Promise<void> };
};

/** Where both sources of Matrix events knock: keeps account of what came when, and passes it on. */
export class MatrixGate implements MatrixSink {
  readonly #parts: MatrixGateParts;
  #lastPushMs: number | null = null;
  #lastSyncMs: number | null = null;
  /** When `/sync` first brought an event with no push after it. */
  #unpushedSinceMs: number | undefined;

  constructor(parts: MatrixGateParts) {
    this.#parts = parts;
  }

  get lastPushMs(): number | null {
    return this.#lastPushMs;
  }

  get lastSyncMs(): number | null {
    return this.#lastSyncMs;
  }

  /** A sentence while the homeserver cannot reach us. */
  get problem(): string | undefined {
    if (this.#unpushedSinceMs === undefined) return undefined;
    if (this.#parts.kit.clock.nowMs() - this.#unpushedSinceMs < PUSH_PATIENCE_MS) return undefined;
    return 'We reach the homeserver, but it does not reach us: lines pass by /sync alone. Check that it can open appservice.url (in Docker: the name of the service, not localhost) and that it has loaded this registration.yaml.';
  }

  async events(source: 'push' | 'sync', events: readonly MatrixEvent[], cursor?: string): Promise<void> {
    const { kit, inbox, portals } = this.#parts;
    await inbox.events(source, events, cursor);
    this.#parts.keeping.seen(events);
    this.#parts.signs.seen(events);
    await this.#parts.invitations.seen(events);
    const nowMs = kit.clock.nowMs();
    if (source === 'push') {
      this.#lastPushMs = nowMs;
      this.#unpushedSinceMs = undefined;
      kit.metrics.transactionEvents.add(events.length);
      kit.metrics.lastTransaction.set(nowMs / 1000);
    } else {
      this.#lastSyncMs = nowMs;
      kit.metrics.lastSync.set(nowMs / 1000);
      if (events.some((event) => event.type === 'm.room.message' && portals.byRoom(event.room_id) !== undefined))
        this.#unpushedSinceMs ??= nowMs;
    }
  }

  interrupted(source: 'push' | 'sync', why: string): void {
    this.#parts.readBack.interrupted(source, why);
    this.#parts.keeping.interrupted();
    this.#parts.policies.interrupted();
  }

  typing(roomId: string, userIds: readonly string[]): void {
    const { portals, kit, people, isOurs, gate, signs } = this.#parts;
    const portal = portals.byRoom(roomId);
    const network = portal === undefined ? undefined : kit.networks.get(portal.network);
    if (portal === undefined || network === undefined) return;
    const others = userIds.filter((userId) => !isOurs(userId));
    inBackground(kit, signs.typing.inRoom(portal, network, others));
    for (const userId of others) {
      if (gate.toNetwork(portal.id, userId).kind !== 'yes') continue;
      people.person(roomId, userId).then(
        (person) => network.expect(person, portal.channel),
        (error: unknown) => kit.log.debug('nobody was connected ahead', { error: String(error) }),
      );
    }
  }

  read(roomId: string, userId: string, eventId: string): void {
    this.#parts.signs.read(roomId, userId, eventId);
  }

  presence(userId: string, presence: Presence): void {
    this.#parts.signs.presence(userId, presence);
  }

  invited(roomId: string, userId: string, by: string, isDirect: boolean): void {
    if (userId !== this.#parts.kit.homeserver.botId) return;
    this.#parts.nudge.raise();
    // Into any other room the bot comes when the configuration names it.
    if (isDirect) this.#parts.keeping.called(roomId, by);
  }

  hasAlias(alias: string): Promise<boolean> {
    const { portals, kit } = this.#parts;
    for (const portal of portals.all())
      if (
        portal.roomId !== undefined &&
        namespaceAlias(portal.network, portal.channel, kit.homeserver.serverName) === alias
      )
        return Promise.resolve(true);
    return Promise.resolve(false);
  }

  async hasGhost(userId: string): Promise<boolean> {
    const { kit } = this.#parts;
    if (parseGhostId(userId, kit.homeserver.serverName) === undefined) return false;
    return (await kit.db.transaction((sql) => kit.stores.ghost.get(sql, userId)))?.registered === true;
  }
}
