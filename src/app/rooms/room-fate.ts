import type { MatrixEvent } from '../../core/events.ts';
import type { Entry } from '../lanes/ledger.ts';
import { LostRooms, type LostRoomsParts } from './lost-rooms.ts';
import type { Portal } from './portal-table.ts';
import { RoomUpgrades, type RoomUpgradesParts } from './room-upgrades.ts';
import { SealedRooms } from './sealed-rooms.ts';

export type RoomFateParts = RoomUpgradesParts & Pick<LostRoomsParts, 'renew' | 'onRenewed'>;

/** What can happen to a linked room that changes what the link is: people encrypt it or replace it by another, the homeserver loses it. */
export class RoomFate {
  readonly sealed: SealedRooms;
  readonly upgrades: RoomUpgrades;
  readonly lost: LostRooms;

  private constructor(parts: RoomFateParts) {
    this.sealed = new SealedRooms(parts.kit);
    this.upgrades = new RoomUpgrades(parts);
    this.lost = new LostRooms({ ...parts, moves: this.upgrades });
  }

  /** With what an earlier process knew. */
  static async load(parts: RoomFateParts): Promise<RoomFate> {
    const fate = new RoomFate(parts);
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
