import type { MessageKey, NetworkId } from '../../core/ids.ts';
import type { LinkRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';

/** Links kept in memory: those not on disk yet, and what people most often answer. */
const REMEMBERED = 5_000;

/** What an event of ours belongs to, known when it is sent and not from its effect alone. */
export type Belonging = {
  /** First event of the thread that it went into. */
  readonly thread?: string;
  /** Event that it replaces. */
  readonly original?: string;
};

/**
 * Which events a message of a network is, and which messages an event is. Asked only about what people answer, change or
 * delete: a plain line costs no look.
 */
export class Targets {
  readonly #kit: Kit;
  readonly #recent = new Map<string, LinkRow>();
  readonly #gone = new Map<string, true>();
  readonly #belongings = new Map<string, Belonging>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  /** These are linked from now on, though the disk may not know yet. */
  linked(links: readonly LinkRow[]): void {
    for (const link of links) keep(this.#recent, nameOf(link), link);
  }

  /** As it has to be stored now: what was deleted before it was stored is so from the beginning. */
  readonly asItStands = (link: LinkRow): LinkRow =>
    this.#gone.has(`${link.room} ${link.eventId}`) ? { ...link, gone: true } : link;

  /** Another room took this one's place. */
  moved(from: string, to: string): void {
    for (const [name, link] of this.#recent) if (link.room === from) this.#recent.set(name, { ...link, room: to });
  }

  /** Events of a room that a message became, the first one first. */
  async ofMessage(network: NetworkId, key: MessageKey, room: string): Promise<readonly LinkRow[]> {
    const { db, stores } = this.#kit;
    const stored = await db.transaction((sql) => stores.link.byKey(sql, network, key));
    const links = this.#with(stored, (link) => link.network === network && link.messageKey === key);
    return links.filter((link) => link.room === room);
  }

  /** Messages of a network that an event became, in the order in which they were said. */
  async ofEvent(network: NetworkId, room: string, eventId: string): Promise<readonly LinkRow[]> {
    const { db, stores } = this.#kit;
    const stored = await db.transaction((sql) => stores.link.byEvent(sql, room, eventId));
    const links = this.#with(stored, (link) => link.room === room && link.eventId === eventId);
    return links.filter((link) => link.network === network);
  }

  /** An event is deleted, on whichever side: from now on nothing is done about what it stood for. */
  async gone(room: string, eventId: string): Promise<void> {
    const { db, stores } = this.#kit;
    keep(this.#gone, `${room} ${eventId}`, true);
    await db.transaction((sql) => stores.link.markGone(sql, room, eventId));
  }

  /** Noted between the send and its receipt. */
  sent(eventId: string, belonging: Belonging): void {
    keep(this.#belongings, eventId, belonging);
  }

  belongingOf(eventId: string): Belonging {
    return this.#belongings.get(eventId) ?? {};
  }

  #with(stored: readonly LinkRow[], belongs: (link: LinkRow) => boolean): readonly LinkRow[] {
    const known = new Set(stored.map(nameOf));
    const fresh = [...this.#recent.values()].filter((link) => belongs(link) && !known.has(nameOf(link)));
    return [...stored, ...fresh].map(this.asItStands);
  }
}

const nameOf = ({ network, messageKey, eventId }: LinkRow): string => `${network} ${messageKey} ${eventId}`;

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
