import { sameValue } from '../../core/authority/same-value.ts';
import { bridgeState } from '../../core/room/portal-room.ts';
import type { Kit } from '../kit.ts';
import type { Vouching } from '../people/vouching.ts';
import type { Portal, PortalTable } from './portal-table.ts';

/** Notes what a room's bridge information said when it was last written. */
const TOLD = 'bridge-info:';

/** Keeps what rooms say of their bridge as the configuration has it: a network's name, and whose server it is. */
export class BridgeInfo {
  readonly #kit: Kit;
  readonly #portals: PortalTable;
  readonly #vouching: Vouching;
  #running: Promise<void> = Promise.resolve();

  constructor(kit: Kit, portals: PortalTable, vouching: Vouching) {
    this.#kit = kit;
    this.#portals = portals;
    this.#vouching = vouching;
  }

  /** Writes what differs, one room after the other. A room that could not be written is at the next start. */
  sync(): Promise<void> {
    this.#running = this.#running.catch(() => {}).then(() => this.#syncNow());
    return this.#running;
  }

  async #syncNow(): Promise<void> {
    const { db, stores } = this.#kit;
    const told = await db.transaction((sql) => stores.cursor.list(sql, TOLD));
    for (const portal of [...this.#portals.all()]) await this.#tell(portal, told.get(TOLD + portal.id));
  }

  async #tell(portal: Portal, before: string | undefined): Promise<void> {
    const { db, stores, homeserver, digest } = this.#kit;
    const { roomId } = portal;
    if (roomId === undefined) return;
    const events = bridgeState(this.#vouching.describe(portal), homeserver.botId);
    const now = digest(JSON.stringify([roomId, events]));
    if (now === before) return;
    for (const { type, state_key, content } of events) {
      const there = await homeserver.stateContent(roomId, type, state_key);
      if (there.ok && sameValue(there.value, content)) continue;
      const written = await homeserver.sendState(homeserver.botId, roomId, type, state_key, content);
      if (!written.ok) return;
    }
    await db.transaction((sql) => stores.cursor.set(sql, TOLD + portal.id, now));
  }
}
