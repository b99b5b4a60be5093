import type { PortalId } from '../../core/ids.ts';
import type { ShutOut } from '../../core/policy/plan-shut-outs.ts';
import type { Kit } from '../kit.ts';

/** What was done about people because of policy lists and is not undone yet, on disk and in memory. */
export class ShutOutBook {
  readonly #kit: Kit;
  readonly #done = new Map<PortalId, Map<string, ShutOut>>();

  private constructor(kit: Kit) {
    this.#kit = kit;
  }

  static async open(kit: Kit): Promise<ShutOutBook> {
    const book = new ShutOutBook(kit);
    for (const one of await kit.db.transaction((sql) => kit.stores.policy.shutOuts(sql))) book.#remember(one);
    return book;
  }

  get isEmpty(): boolean {
    return this.#done.size === 0;
  }

  portals(): IterableIterator<PortalId> {
    return this.#done.keys();
  }

  ofPortal(portal: PortalId): readonly ShutOut[] {
    return [...(this.#done.get(portal)?.values() ?? [])];
  }

  of(portal: PortalId, ghost: string): ShutOut | undefined {
    return this.#done.get(portal)?.get(ghost);
  }

  /** Bans that the bot set in a channel. */
  masksOf(portal: PortalId): readonly string[] {
    return this.ofPortal(portal).flatMap(({ masks }) => masks);
  }

  /** One of which nothing is left to undo is forgotten. Resolves once it is on disk. */
  async put(shutOut: ShutOut): Promise<void> {
    const { db, stores } = this.#kit;
    const isOver = shutOut.room === null && shutOut.masks.length === 0;
    if (!isOver) this.#remember(shutOut);
    await db.transaction((sql) =>
      isOver ? stores.policy.deleteShutOut(sql, shutOut) : stores.policy.putShutOut(sql, shutOut),
    );
    if (isOver) this.#forget(shutOut);
  }

  #remember(one: ShutOut): void {
    const there = this.#done.get(one.portal) ?? new Map<string, ShutOut>();
    this.#done.set(one.portal, there.set(one.ghost, one));
  }

  #forget({ portal, ghost }: ShutOut): void {
    const there = this.#done.get(portal);
    there?.delete(ghost);
    if (there?.size === 0) this.#done.delete(portal);
  }
}
