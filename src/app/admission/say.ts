import { makeHouseLaneId, makeLaneId } from '../../core/ids.ts';
import type { Kit } from '../kit.ts';
import type { Ledger } from '../lanes/ledger.ts';
import type { PortalTable } from '../rooms/portal-table.ts';

/** What the bot says in rooms, in order with whatever else goes into them. */
export class Say {
  readonly #kit: Kit;
  readonly #ledger: Ledger;
  readonly #portals: PortalTable;

  constructor(kit: Kit, ledger: Ledger, portals: PortalTable) {
    this.#kit = kit;
    this.#ledger = ledger;
    this.#portals = portals;
  }

  /** @param key the same thing is said once while it is on its way */
  async inRoom(
    room: string,
    body: string,
    key: string,
    replyTo?: { readonly eventId: string; readonly userId: string },
  ): Promise<void> {
    const portal = this.#portals.anyByRoom(room);
    const lane = portal === undefined ? makeHouseLaneId(room) : makeLaneId(portal.id, 'to-matrix');
    const effect = { op: 'matrix.notice', room, body, ...(replyTo === undefined ? {} : { replyTo }) } as const;
    await this.#ledger.write((entry) => entry.enqueue(lane, [{ key, effect }], this.#kit.clock.nowMs()));
  }
}
