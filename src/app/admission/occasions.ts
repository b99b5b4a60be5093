import type { Directory } from '../../core/authority/directory.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Authority } from '../../ports/authority.ts';
import type { RosterChange } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Portal } from '../rooms/portal-table.ts';
import type { Visiting } from '../visitors/visiting.ts';
import type { Admission, Concerned } from './admission.ts';
import type { ChannelDoors } from './channel-doors.ts';
import type { Drift } from './drift.ts';
import type { ManagedRooms } from './managed-rooms.ts';
import type { Proofs } from './proofs.ts';
import type { Puppets } from './puppets.ts';
import type { Requests } from './requests.ts';
import type { RoomKeeper } from './room-keeper.ts';
import type { Rounds } from './rounds.ts';
import type { Settings } from './settings.ts';

export type OccasionsParts = {
  readonly kit: Kit;
  readonly rooms: ManagedRooms;
  readonly settings: Settings;
  readonly admission: Admission;
  readonly directory: Directory;
  readonly proofs: Proofs;
  readonly keeper: RoomKeeper;
  readonly doors: ChannelDoors;
  readonly puppets: Puppets;
  readonly drift: Drift;
  readonly rounds: Rounds;
  readonly visiting: Visiting;
  readonly requests: Requests;
  /** These may say more or less than before. @param userIds undefined: perhaps everybody */
  readonly onStanding: (userIds: readonly string[] | undefined) => void;
  /** Undefined: everybody is let in. */
  readonly authority: Authority | undefined;
};

/** Whatever happens that makes rooms be looked at, and which these are. */
export class Occasions {
  readonly #parts: OccasionsParts;

  constructor(parts: OccasionsParts) {
    this.#parts = parts;
  }

  /** A channel got walls or lost them. */
  wallsChanged(): void {
    this.rearranged('walls');
  }

  /** A portal has its room: it takes its place among the others, and its people are looked at. */
  ready(portal: Portal): void {
    const resource = `channel:${portal.id}`;
    this.look([resource, ...this.#parts.rooms.relatedTo(resource)], 'linked');
  }

  /** A network came up or went down, or our bot became an operator somewhere, or is none any more. */
  networkChanged(network: NetworkId): void {
    const { authority, doors } = this.#parts;
    if (authority === undefined) return;
    for (const { id } of doors.powerChanged(network)) this.look([`channel:${id}`], 'operator');
  }

  /** Who is in a channel of a network changed, or what our bot may do there. */
  channelChanged(portal: Portal, change: RosterChange): void {
    const { authority, proofs } = this.#parts;
    if (authority === undefined) return;
    proofs.rosterChanged(portal.network, change);
    if (change.kind !== 'leave') this.look([`channel:${portal.id}`], 'channel', []);
  }

  /** Events that are on disk, from either source. */
  seen(events: readonly MatrixEvent[]): void {
    const { kit, requests, visiting, drift } = this.#parts;
    for (const event of events) {
      if (event.sender === kit.homeserver.botId) void requests.ownMessage(event);
      void visiting.seen(event);
      const drifted = drift.of(event);
      if (drifted !== undefined) this.look(drifted.resources, drifted.cause, drifted.userIds);
    }
  }

  /** The bot is called into a room for two. */
  called(room: string, by: string): void {
    const { kit, visiting } = this.#parts;
    visiting
      .called(room, by)
      .catch((error: unknown) => kit.log.warn('an invitation was left', { error: String(error) }));
  }

  /** Events may have been missed: everything is read again. */
  interrupted(): void {
    this.#parts.rounds.settle();
  }

  /** Proofs changed whose handle is whose. */
  relinked(cause: string, subjects: readonly string[]): void {
    this.#parts.directory.setLinks(this.#parts.proofs.all());
    this.changed({ subjects, handles: [] }, cause);
  }

  /** The authority says something else of somebody. @param whom undefined: it may be of anybody */
  changed(whom: Concerned | undefined, cause: string): void {
    const { admission, authority, directory } = this.#parts;
    // Relaying has ended by now: whoever is asked whether a line may pass asks the directory. Connections end next, rooms follow.
    this.concerns(whom === undefined ? undefined : admission.concerned(whom), cause);
    authority?.setSubjects?.([...directory.members()].map(({ subject }) => subject));
  }

  /** Other things follow for these people. @param userIds undefined: for everybody */
  concerns(userIds: readonly string[] | undefined, cause: string): void {
    this.#parts.doors.changed();
    this.#parts.puppets.follow(userIds);
    this.#parts.onStanding(userIds);
    this.lookAtAll(cause, userIds);
  }

  /** There are other rooms to keep, or they are to be otherwise. */
  rearranged(cause: string): void {
    const { kit, keeper, rooms, settings } = this.#parts;
    keeper.letGo(rooms.configure(settings.arrange().rooms)).catch((error: unknown) => kit.log.warn(String(error)));
    this.lookAtAll(cause);
  }

  lookAtAll(cause: string, userIds?: readonly string[]): void {
    const all = [...this.#parts.rooms.all()].map(({ id }) => id);
    this.look(all, cause, userIds);
  }

  /** @param userIds whom it is about; undefined: everybody in them */
  look(resources: readonly string[], cause: string, userIds?: readonly string[]): void {
    const { kit, keeper } = this.#parts;
    keeper
      .look(resources, cause, userIds)
      .catch((error: unknown) =>
        kit.log.warn('a room waits for the next round to be looked at', { error: String(error) }),
      );
  }
}
