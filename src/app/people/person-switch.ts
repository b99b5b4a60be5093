import type { Kit } from '../kit.ts';

/** Something that is on for everybody but those who switched it off. */
export class PersonSwitch {
  readonly #kit: Kit;
  readonly #name: string;
  #off: ReadonlySet<string> = new Set();

  /** @param name under which it is stored */
  constructor(kit: Kit, name: string) {
    this.#kit = kit;
    this.#name = `${name}-off:`;
  }

  /** What earlier processes were told. */
  async load(): Promise<void> {
    const { db, stores } = this.#kit;
    const rows = await db.transaction((sql) => stores.cursor.list(sql, this.#name));
    this.#off = new Set([...rows.keys()].map((name) => name.slice(this.#name.length)));
  }

  wanted(userId: string): boolean {
    return !this.#off.has(userId);
  }

  async set(userId: string, isWanted: boolean): Promise<void> {
    const { db, stores } = this.#kit;
    await db.transaction((sql) =>
      isWanted ? stores.cursor.delete(sql, this.#name + userId) : stores.cursor.set(sql, this.#name + userId, '1'),
    );
    const off = new Set(this.#off);
    if (isWanted) off.delete(userId);
    else off.add(userId);
    this.#off = off;
  }
}
