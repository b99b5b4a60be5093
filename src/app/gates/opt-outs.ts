import type { Peer } from '../../core/direct.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import type { GhostSubject, NetworkId } from '../../core/ids.ts';
import type { RosterChange, RosterEntry } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Identified } from './line-gate.ts';

const OPT_OUT = 'opt-out:';
const ON_MATRIX = `${OPT_OUT}mxid `;

/** What an opt-out goes by. */
export type Ground = 'account' | 'nick';

/**
 * People of either side who do not want to be bridged. On Matrix by their id, on a network by account; for a nick without one only until its
 * holder leaves, since the next one who has it is somebody else.
 */
export class OptOuts {
  readonly #kit: Kit;
  readonly #keys: Set<string>;
  /** What the disk has may not be what holds. */
  readonly #unstored = new Set<string>();

  private constructor(kit: Kit, keys: Iterable<string>) {
    this.#kit = kit;
    this.#keys = new Set(keys);
  }

  /** With what people asked of earlier processes. */
  static async open(kit: Kit): Promise<OptOuts> {
    const stored = await kit.db.transaction((sql) => kit.stores.cursor.list(sql, OPT_OUT));
    return new OptOuts(kit, stored.keys());
  }

  /** People of both sides. */
  get count(): number {
    return this.#keys.size;
  }

  hasUser(userId: string): boolean {
    return this.#keys.has(ON_MATRIX + userId);
  }

  /** Whether somebody of a network is out, by account or by the nick that they have. */
  has(network: NetworkId, who: Identified): boolean {
    return this.#keys.size > 0 && this.#keysOf(network, who).some((key) => this.#keys.has(key));
  }

  /** Whether anybody of a network is out by their account, whatever they are called. */
  hasAccounts(network: NetworkId): boolean {
    const prefix = prefixOf(network, 'account');
    return [...this.#keys].some((key) => key.startsWith(prefix));
  }

  hasPeer(network: NetworkId, { subject }: Peer): boolean {
    return this.#keys.has(keyOf(network, subject));
  }

  async setUser(userId: string, isOut: boolean): Promise<void> {
    await this.#store(ON_MATRIX + userId, isOut);
  }

  /** @returns what it goes by */
  async set(network: NetworkId, who: Identified, isOut: boolean): Promise<Ground> {
    const keys = this.#keysOf(network, who);
    const [first] = keys;
    if (isOut && first !== undefined) await this.#store(first, true);
    // Whoever comes back comes back whatever it went by.
    if (!isOut) for (const key of keys) await this.#store(key, false);
    return keys.length > 1 ? 'account' : 'nick';
  }

  /** Those of a network who are out by their nick. */
  nicksOf(network: NetworkId): readonly GhostSubject[] {
    const prefix = prefixOf(network, 'nick');
    return [...this.#keys]
      .filter((key) => key.startsWith(prefix))
      .map((key) => {
        const [name, origin] = JSON.parse(key.slice(prefix.length)) as [string, string | null];
        return { kind: 'nick', name, ...(origin === null ? {} : { origin }) };
      });
  }

  /** Somebody has another nick now. */
  renamed(network: NetworkId, { from, to }: Extract<RosterChange, { kind: 'rename' }>): void {
    const before = keyOf(network, this.#byNick(network, from));
    if (!this.#keys.has(before)) return;
    this.#inBackground(this.#store(keyOf(network, this.#byNick(network, to)), true));
    this.#inBackground(this.#store(before, false));
  }

  /** Nobody has this nick any more. */
  forget(network: NetworkId, subject: GhostSubject): void {
    this.#inBackground(this.#store(keyOf(network, subject), false));
  }

  /** By account first, where there is one. */
  #keysOf(network: NetworkId, who: Identified): string[] {
    const { account, origin } = who;
    const byNick = keyOf(network, this.#byNick(network, who));
    if (account === null || account === '') return [byNick];
    const at = origin === null || origin === undefined ? {} : { origin };
    return [keyOf(network, subjectOf({ nick: who.nick, account, ...at }, this.#fold(network))), byNick];
  }

  #byNick(network: NetworkId, { nick, origin }: Pick<Identified, 'nick' | 'origin'>): GhostSubject {
    const at = origin === null || origin === undefined ? {} : { origin };
    return subjectOf({ nick, account: null, ...at }, this.#fold(network));
  }

  #fold(network: NetworkId): (name: string) => string {
    return (name) => this.#kit.networks.get(network)?.fold(name) ?? name.toLowerCase();
  }

  /** Holds at once, and for good once it is on disk. */
  async #store(key: string, isOut: boolean): Promise<void> {
    const { db, stores } = this.#kit;
    if (this.#keys.has(key) === isOut && !this.#unstored.has(key)) return;
    if (isOut) this.#keys.add(key);
    this.#unstored.add(key);
    await db.transaction((sql) => (isOut ? stores.cursor.set(sql, key, '1') : stores.cursor.delete(sql, key)));
    this.#unstored.delete(key);
    if (!isOut) this.#keys.delete(key);
  }

  #inBackground(stored: Promise<void>): void {
    stored.catch((error: unknown) =>
      this.#kit.log.warn('who does not want to be bridged could not be stored; it is tried at their next step', {
        error: String(error),
      }),
    );
  }
}

/** Whether somebody is called so in any of these lists. */
export const isAmong = (
  lists: Iterable<Iterable<RosterEntry>>,
  { name, origin }: GhostSubject,
  fold: (nick: string) => string,
): boolean => {
  for (const list of lists)
    for (const entry of list) if (fold(entry.nick) === name && entry.origin === origin) return true;
  return false;
};

const prefixOf = (network: NetworkId, kind: GhostSubject['kind']): string => `${OPT_OUT}on ${network} ${kind} `;

const keyOf = (network: NetworkId, { kind, name, origin }: GhostSubject): string =>
  `${prefixOf(network, kind)}${JSON.stringify([name, origin ?? null])}`;
