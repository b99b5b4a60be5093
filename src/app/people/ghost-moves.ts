import { type GhostSubject, makeGhostId, type NetworkId, parseGhostId } from '../../core/ids.ts';
import type { Kit } from '../kit.ts';

/** Names the ghost that somebody has instead of the one that follows from their account; the value is its user id. */
const MOVED = 'ghost-moved:';

/**
 * Which Matrix user stands for whom. It follows from the account or nick; only where two accounts were proven to be one
 * person's, the ghost of the one may go to the other. The two change places, so that no ghost is ever two people's, and
 * doing it again undoes it.
 */
export class GhostMoves {
  readonly #kit: Kit;
  /** By the id that would follow. */
  readonly #moved: Map<string, string>;

  private constructor(kit: Kit, moved: Map<string, string>) {
    this.#kit = kit;
    this.#moved = moved;
  }

  static async open(kit: Kit): Promise<GhostMoves> {
    const stored = await kit.db.transaction((sql) => kit.stores.cursor.list(sql, MOVED));
    return new GhostMoves(kit, new Map([...stored].map(([name, value]) => [name.slice(MOVED.length), value])));
  }

  idOf(network: NetworkId, subject: GhostSubject): string {
    const own = this.#derived(network, subject);
    return this.#moved.get(own) ?? own;
  }

  /** Whom a ghost stands for now; undefined for anybody else's id, and for names too long to be read back. */
  whoIs(userId: string): ReturnType<typeof parseGhostId> {
    const [own = userId] = [...this.#moved].find(([, ghost]) => ghost === userId) ?? [];
    return parseGhostId(own, this.#kit.homeserver.serverName);
  }

  /** The two change ghosts. @returns the ghosts that they had, in the same order */
  async swap(network: NetworkId, a: GhostSubject, b: GhostSubject): Promise<readonly [string, string]> {
    const before = [this.idOf(network, a), this.idOf(network, b)] as const;
    const next = [
      [this.#derived(network, a), before[1]],
      [this.#derived(network, b), before[0]],
    ] as const;
    const { db, stores } = this.#kit;
    await db.transaction(async (sql) => {
      for (const [own, ghost] of next)
        if (own === ghost) await stores.cursor.delete(sql, MOVED + own);
        else await stores.cursor.set(sql, MOVED + own, ghost);
    });
    for (const [own, ghost] of next)
      if (own === ghost) this.#moved.delete(own);
      else this.#moved.set(own, ghost);
    return before;
  }

  #derived(network: NetworkId, subject: GhostSubject): string {
    const { homeserver, digest } = this.#kit;
    return makeGhostId(network, subject, homeserver.serverName, digest);
  }
}
