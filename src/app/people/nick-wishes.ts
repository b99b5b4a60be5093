import type { NetworkId } from '../../core/ids.ts';
import type { Kit } from '../kit.ts';

const WISH = 'nick-wish:';

const keyOf = (network: NetworkId, userId: string): string => `${WISH}${network} ${userId}`;

/** What people of Matrix want to be called on networks, where that is not the name that their room shows. */
export class NickWishes {
  readonly #kit: Kit;
  readonly #wishes: Map<string, string>;

  private constructor(kit: Kit, wishes: ReadonlyMap<string, string>) {
    this.#kit = kit;
    this.#wishes = new Map(wishes);
  }

  /** With what people asked of earlier processes. */
  static async open(kit: Kit): Promise<NickWishes> {
    return new NickWishes(kit, await kit.db.transaction((sql) => kit.stores.cursor.list(sql, WISH)));
  }

  of(network: NetworkId, userId: string): string | undefined {
    return this.#wishes.get(keyOf(network, userId));
  }

  /** Counts once it is on disk. @param nick undefined: the name that the room shows again */
  async set(network: NetworkId, userId: string, nick: string | undefined): Promise<void> {
    const { db, stores } = this.#kit;
    const key = keyOf(network, userId);
    await db.transaction((sql) =>
      nick === undefined ? stores.cursor.delete(sql, key) : stores.cursor.set(sql, key, nick),
    );
    if (nick === undefined) this.#wishes.delete(key);
    else this.#wishes.set(key, nick);
  }
}
