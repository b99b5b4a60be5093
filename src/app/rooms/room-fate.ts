import type { MatrixEvent } from '../../core/events.ts';
import type { Entry } from '../lanes/ledger.ts';
import type { Portal } from './portal-table.ts';
import { RoomUpgrades, type RoomUpgradesParts } from './room-upgrades.ts';
import { SealedRooms } from './sealed-rooms.ts';

/** What people can do to a linked room that changes what the link is: encrypt it, or replace it by another. */
export class RoomFate {
  readonly sealed: SealedRooms;
  readonly upgrades: RoomUpgrades;

  private constructor(sealed: SealedRooms, upgrades: RoomUpgrades) {
    this.sealed = sealed;
    this.upgrades = upgrades;
  }

  /** With what an earlier process knew. */
  static async load(parts: RoomUpgradesParts): Promise<RoomFate> {
    const fate = new RoomFate(new SealedRooms(parts.kit), new RoomUpgrades(parts));
    await fate.sealed.load(parts.portals.all());
    await fate.upgrades.load();
    return fate;
  }

  /** Somebody changed the state of a portal's room; part of the commit that stores the event. */
  readonly seen = async (entry: Entry, portal: Portal, event: MatrixEvent): Promise<void> => {
    await this.sealed.seen(entry, portal, event);
    await this.upgrades.seen(entry, event);
  };
}
