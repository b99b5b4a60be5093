import type { MatrixEvent } from '../../core/events.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { inBackground } from '../timing/background.ts';

/** Events whose times are kept: what people read is what was said last. */
const REMEMBERED = 5_000;

/**
 * What somebody has read in a room counts as read for their own account on the network. A marker is a time: that of the event, which for
 * a line of the network is the network's own. Nothing comes back: only a person's own client may say on Matrix what they have read.
 */
export class ReadMarkers {
  readonly #kit: Kit;
  readonly #portals: PortalTable;
  readonly #gate: LineGate;
  readonly #isWanted: (network: NetworkId) => boolean;
  readonly #times = new Map<string, number>();

  constructor(kit: Kit, portals: PortalTable, gate: LineGate, isWanted: (network: NetworkId) => boolean) {
    this.#kit = kit;
    this.#portals = portals;
    this.#gate = gate;
    this.#isWanted = isWanted;
  }

  /** Events that are on disk. */
  seen(events: readonly MatrixEvent[]): void {
    for (const { room_id: room, event_id: eventId, origin_server_ts: atMs } of events) {
      const portal = this.#portals.anyByRoom(room);
      if (portal !== undefined && this.#isWanted(portal.network)) this.#remember(`${room} ${eventId}`, atMs);
    }
  }

  /** @param userId of nobody of ours */
  read(room: string, userId: string, eventId: string): void {
    const portal = this.#portals.anyByRoom(room);
    if (portal === undefined || !this.#isWanted(portal.network)) return;
    const signs = this.#kit.networks.get(portal.network)?.signs;
    if (signs === undefined || this.#gate.toNetwork(portal.id, userId).kind !== 'yes') return;
    const told = async (): Promise<void> => {
      const atMs = await this.#timeOf(room, eventId);
      if (atMs !== undefined) signs.read(userId, portal.channel, atMs);
    };
    inBackground(this.#kit, told());
  }

  async #timeOf(room: string, eventId: string): Promise<number | undefined> {
    const key = `${room} ${eventId}`;
    const known = this.#times.get(key);
    if (known !== undefined) return known;
    const event = await this.#kit.homeserver.event(room, eventId);
    if (!event.ok || event.value === undefined) return undefined;
    this.#remember(key, event.value.origin_server_ts);
    return event.value.origin_server_ts;
  }

  #remember(key: string, atMs: number): void {
    this.#times.set(key, atMs);
    if (this.#times.size <= REMEMBERED) return;
    const oldest = this.#times.keys().next();
    if (oldest.done !== true) this.#times.delete(oldest.value);
  }
}
