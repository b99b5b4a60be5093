import type { BridgeError } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { PortalId } from '../../core/ids.ts';
import type { LineGate, Speaker, Verdict } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { Entry } from '../lanes/ledger.ts';
import type { Portal, PortalTable } from './portal-table.ts';

const SEALED = 'sealed:';

/** Rooms in which somebody switched encryption on. For ever: it cannot be switched off. */
export class SealedRooms {
  readonly #kit: Kit;
  readonly #rooms = new Set<string>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  async load(portals: Iterable<Portal>): Promise<void> {
    const stored = await this.#kit.db.transaction((sql) => this.#kit.stores.cursor.list(sql, SEALED));
    for (const name of stored.keys()) this.#rooms.add(name.slice(SEALED.length));
    for (const portal of portals) this.#mark(portal);
  }

  async seen(
    { sql, afterCommit }: Pick<Entry, 'sql' | 'afterCommit'>,
    portal: Portal,
    event: MatrixEvent,
  ): Promise<void> {
    if (event.type !== 'm.room.encryption' || event.state_key !== '') return;
    await this.#kit.stores.cursor.set(sql, SEALED + event.room_id, event.event_id);
    afterCommit(() => {
      this.#rooms.add(event.room_id);
      this.#mark(portal);
      this.#kit.log.warn('encryption was switched on in a linked room: nothing passes any more', {
        network: portal.network,
        channel: portal.channel,
        room: event.room_id,
      });
    });
  }

  has(room: string | undefined): boolean {
    return room !== undefined && this.#rooms.has(room);
  }

  #mark(portal: Portal): void {
    if (this.has(portal.roomId))
      portal.problem = `End-to-end encryption was switched on in the room of ${portal.channel}, so nothing passes. It cannot be switched off: link the channel to another room.`;
  }
}

/** Lets nothing through in either direction where the room is sealed or linked no more, before anybody else is asked. */
export class SealedGate implements LineGate {
  readonly #inner: LineGate;
  readonly #portals: PortalTable;
  readonly #sealed: SealedRooms;

  constructor(inner: LineGate, portals: PortalTable, sealed: SealedRooms) {
    this.#inner = inner;
    this.#portals = portals;
    this.#sealed = sealed;
  }

  toNetwork(portal: PortalId, userId: string): Verdict {
    return this.#objection(portal) ?? this.#inner.toNetwork(portal, userId);
  }

  toMatrix(portal: PortalId, speaker: Speaker): Verdict {
    return this.#objection(portal) ?? this.#inner.toMatrix(portal, speaker);
  }

  mayKick(portal: PortalId): boolean {
    return this.#objection(portal) === undefined && this.#inner.mayKick(portal);
  }

  /** Where a link was taken out of the configuration, nobody could say any more who may pass: what still waits for it does not. */
  #objection(id: PortalId): Verdict | undefined {
    const portal = this.#portals.get(id);
    if (portal === undefined) return { kind: 'no', error: UNLINKED };
    return this.#sealed.has(portal.roomId) ? { kind: 'no', error: ENCRYPTED } : undefined;
  }
}

const UNLINKED: BridgeError = {
  code: 'room.unlinked',
  text: 'this room and the channel are not linked any more',
  retry: 'never',
  notify: 'log',
};

const ENCRYPTED: BridgeError = {
  code: 'room.encrypted',
  text: 'this room is end-to-end encrypted, which a channel cannot be',
  retry: 'never',
  notify: 'room',
};
