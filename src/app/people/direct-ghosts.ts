import type { Clock } from '../../ports/clock.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { Ghosts } from './ghosts.ts';

/** Conversations are gone through no more often: there may be thousands, and new ones are few. */
const FRESH_MS = 10_000;

/** Ghosts that stand in a private conversation. */
export class DirectGhosts {
  readonly #portals: PortalTable;
  readonly #ghosts: Ghosts;
  readonly #clock: Clock;
  #known: ReadonlySet<string> = new Set();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(portals: PortalTable, ghosts: Ghosts, clock: Clock) {
    this.#portals = portals;
    this.#ghosts = ghosts;
    this.#clock = clock;
  }

  /** There may be a new one: they are gone through again when somebody asks. */
  expire(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  has(ghost: string): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#readAtMs >= FRESH_MS) {
      this.#readAtMs = nowMs;
      const open = [...this.#portals.directs()].filter(({ direct, roomId }) => direct?.isOpen && roomId !== undefined);
      this.#known = new Set(
        open.flatMap(({ network, direct }) => (direct ? this.#ghosts.idOf(network, direct.peer.subject) : [])),
      );
    }
    return this.#known.has(ghost);
  }
}
