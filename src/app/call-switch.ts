import type { Kit } from './kit.ts';

const NAME = 'mentions-off:';

/** Who does not want to be called when their name falls on a network. Everybody else is. */
export class CallSwitch {
  readonly #kit: Kit;
  #off: ReadonlySet<string> = new Set();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  /** What earlier processes were told. */
  async load(): Promise<void> {
    const { db, stores } = this.#kit;
    const rows = await db.transaction((sql) => stores.cursor.list(sql, NAME));
    this.#off = new Set([...rows.keys()].map((name) => name.slice(NAME.length)));
  }

  wanted(userId: string): boolean {
    return !this.#off.has(userId);
  }

  async set(userId: string, isWanted: boolean): Promise<void> {
    const { db, stores } = this.#kit;
    await db.transaction((sql) =>
      isWanted ? stores.cursor.delete(sql, NAME + userId) : stores.cursor.set(sql, NAME + userId, '1'),
    );
    const off = new Set(this.#off);
    if (isWanted) off.delete(userId);
    else off.add(userId);
    this.#off = off;
  }
}
