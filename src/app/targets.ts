import type { MessageKey, NetworkId } from '../core/ids.ts';
import type { LinkRow } from '../ports/stores.ts';
import type { Kit } from './kit.ts';

/** Links kept in memory: those not on disk yet, and what people most often answer. */
const REMEMBERED = 5_000;

/** Which events a message of a network is, and which messages an event is. */
export class Targets {
  readonly #kit: Kit;
  readonly #recent = new Map<string, LinkRow>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  /** These are linked from now on, though the disk may not know yet. */
  linked(links: readonly LinkRow[]): void {
    for (const link of links) this.#recent.set(`${link.network} ${link.messageKey} ${link.eventId}`, link);
    while (this.#recent.size > REMEMBERED) {
      const oldest = this.#recent.keys().next();
      if (oldest.done !== true) this.#recent.delete(oldest.value);
    }
  }

  /** Events of a room that a message became, the first one first. */
  async ofMessage(network: NetworkId, key: MessageKey, room: string): Promise<readonly LinkRow[]> {
    const { db, stores } = this.#kit;
    const stored = await db.transaction((sql) => stores.link.byKey(sql, network, key));
    return this.#with(stored, (link) => link.network === network && link.messageKey === key).filter(
      (link) => link.room === room,
    );
  }

  /** Messages of a network that an event became, in the order in which they were said. */
  async ofEvent(network: NetworkId, room: string, eventId: string): Promise<readonly LinkRow[]> {
    const { db, stores } = this.#kit;
    const stored = await db.transaction((sql) => stores.link.byEvent(sql, room, eventId));
    return this.#with(stored, (link) => link.room === room && link.eventId === eventId).filter(
      (link) => link.network === network,
    );
  }

  #with(stored: readonly LinkRow[], belongs: (link: LinkRow) => boolean): readonly LinkRow[] {
    const known = new Set(stored.map((link) => `${link.network} ${link.messageKey} ${link.eventId}`));
    const fresh = [...this.#recent].filter(([name, link]) => !known.has(name) && belongs(link));
    return [...stored, ...fresh.map(([, link]) => link)];
  }
}
