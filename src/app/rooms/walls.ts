import { networkOf, type PortalId } from '../../core/ids.ts';
import { isWall, type Wall, wallsInWords } from '../../core/room/walls.ts';
import type { Sql } from '../../ports/db.ts';
import type { CreateRoom } from '../../ports/matrix.ts';
import type { Kit } from '../kit.ts';

/** Under this name a cursor holds the walls of a portal's channel. */
const WALLS_OF = 'walls:';
const MAX_SENTENCES = 20;

/** What keeps people out of the channels of networks that have walls, as far as was heard; outlives the process. */
export class Walls {
  readonly #kit: Kit;
  readonly #known = new Map<PortalId, readonly Wall[]>();

  /** Something that was heard is new. */
  onChanged: () => void = () => {};

  private constructor(kit: Kit) {
    this.#kit = kit;
  }

  static async open(kit: Kit): Promise<Walls> {
    const walls = new Walls(kit);
    for (const [name, text] of await kit.db.transaction((sql) => kit.stores.cursor.list(sql, WALLS_OF)))
      walls.#known.set(name.slice(WALLS_OF.length) as PortalId, parse(text));
    return walls;
  }

  /** Undefined: not heard yet. */
  of(portal: PortalId): readonly Wall[] | undefined {
    return this.#known.get(portal);
  }

  /** Whether everybody may come in, for all that is known. What is not known yet may be walled. */
  isOpen(portal: PortalId): boolean {
    const network = this.#kit.networks.get(networkOf(portal));
    return network?.hasWalls !== true || this.#known.get(portal)?.length === 0;
  }

  /** For status: which rooms are closed because their channels are. */
  sentences(
    portals: Iterable<{ readonly id: PortalId; readonly network: string; readonly channel: string }>,
  ): string[] {
    const said = [...portals].flatMap(({ id, network, channel }) => {
      const walls = this.of(id) ?? [];
      return walls.length === 0 ? [] : `${channel} on ${network}: ${wallsInWords(walls)}. Its room is by invitation.`;
    });
    const more = said.length - MAX_SENTENCES;
    return more > 0 ? [...said.slice(0, MAX_SENTENCES), `And ${more} more channels that keep people out.`] : said;
  }

  /** What a room begins with: until it is known whether people are kept out of its channel, nobody comes in by themselves. */
  creation(portal: PortalId): Partial<CreateRoom> {
    return this.isOpen(portal) ? {} : { preset: 'private_chat' };
  }

  /** Stores what was heard, in the transaction of the event that tells it. */
  async note(sql: Sql, portal: PortalId, walls: readonly Wall[]): Promise<void> {
    await this.#kit.stores.cursor.set(sql, WALLS_OF + portal, JSON.stringify(walls));
    const isNew = JSON.stringify(this.#known.get(portal)) !== JSON.stringify(walls);
    this.#known.set(portal, walls);
    if (isNew) this.#kit.clock.after(0, () => this.onChanged());
  }
}

function parse(text: string): readonly Wall[] {
  const stored: unknown = JSON.parse(text);
  return Array.isArray(stored) ? stored.filter(isWall) : [];
}
