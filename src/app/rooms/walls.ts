import type { NetworkView } from '../../core/convert/from-network/view.ts';
import type { NetworkWalls } from '../../core/events.ts';
import { networkOf, type PortalId } from '../../core/ids.ts';
import { isWall, type Wall, wallsInWords } from '../../core/room/walls.ts';
import type { Sql } from '../../ports/db.ts';
import type { CreateRoom } from '../../ports/matrix.ts';
import type { Kit } from '../kit.ts';
import type { Entry } from '../lanes/ledger.ts';

/** Under this name a cursor holds the walls of a portal's channel. */
const WALLS_OF = 'walls:';
/** Under this one, that only people with a status could speak in it. */
const MODERATED = 'moderated:';
const MAX_SENTENCES = 20;

type Told = Pick<NetworkWalls, 'walls' | 'rules'>;
type Linked = {
  readonly id: PortalId;
  readonly network: string;
  readonly channel: string;
  readonly roomId: string | undefined;
};

/** What keeps people out of the channels of networks, as far as was heard; outlives the process. */
export class Walls {
  readonly #kit: Kit;
  readonly #isKept: (room: string) => boolean;
  readonly #known = new Map<PortalId, readonly Wall[]>();

  /** Something that was heard is new. */
  onChanged: () => void = () => {};

  private constructor(kit: Kit, isKept: (room: string) => boolean) {
    this.#kit = kit;
    this.#isKept = isKept;
  }

  /** @param isKept whether the authority sees to who comes into a room */
  static async open(kit: Kit, isKept: (room: string) => boolean): Promise<Walls> {
    const walls = new Walls(kit, isKept);
    await kit.db.transaction(async (sql) => {
      for (const [name, text] of await kit.stores.cursor.list(sql, WALLS_OF))
        walls.#known.set(name.slice(WALLS_OF.length) as PortalId, parse(text));
    });
    return walls;
  }

  /** Undefined: not heard yet. */
  of(portal: PortalId): readonly Wall[] | undefined {
    return this.#known.get(portal);
  }

  /** What was known before something new is told, by what is on disk: a commit that fails and is tried again finds it as it was. */
  async before(
    sql: Sql,
    portal: Pick<Linked, 'id' | 'roomId'>,
  ): Promise<Pick<NetworkView, 'wallsBefore' | 'wasModerated' | 'doorIsKept'>> {
    const { cursor } = this.#kit.stores;
    const walls = await cursor.get(sql, WALLS_OF + portal.id);
    return {
      wallsBefore: walls === undefined ? [] : parse(walls),
      wasModerated: (await cursor.get(sql, MODERATED + portal.id)) !== undefined,
      doorIsKept: this.doorIsKept(portal),
    };
  }

  /** Where nobody may come in before it is known that everybody may: whether everybody may. Other networks close no room in advance. */
  isOpen(portal: PortalId): boolean {
    return !this.#isStrict(portal) || this.#known.get(portal)?.length === 0;
  }

  /** Whether a room stands closed for as long as nothing is known of its channel. */
  #isStrict(portal: PortalId): boolean {
    return this.#kit.networks.get(networkOf(portal))?.hasWalls === true;
  }

  /** Whether the walls of a channel leave its room's door as it is: the authority closes it for those of strict networks only. */
  doorIsKept({ id, roomId = '' }: Pick<Linked, 'id' | 'roomId'>): boolean {
    return this.#isKept(roomId) && !this.#isStrict(id);
  }

  /** For status: which rooms are closed because their channels are. */
  sentences(portals: Iterable<Linked>): string[] {
    const said = [...portals].flatMap((portal) => {
      const { id, network, channel } = portal;
      const walls = this.of(id) ?? [];
      if (walls.length === 0 || this.doorIsKept(portal)) return [];
      return `${channel} on ${network}: ${wallsInWords(walls)}. Its room is by invitation.`;
    });
    const more = said.length - MAX_SENTENCES;
    return more > 0 ? [...said.slice(0, MAX_SENTENCES), `And ${more} more channels that keep people out.`] : said;
  }

  /** What a room begins with: until it is known whether people are kept out of its channel, nobody comes in by themselves. */
  creation(portal: PortalId): Partial<CreateRoom> {
    return this.isOpen(portal) ? {} : { preset: 'private_chat' };
  }

  /** Stores what was heard, in the commit of the event that tells it; it counts once that is on disk. */
  async note({ sql, afterCommit }: Pick<Entry, 'sql' | 'afterCommit'>, portal: PortalId, told: Told): Promise<void> {
    const { walls, rules } = told;
    const { cursor } = this.#kit.stores;
    await cursor.set(sql, WALLS_OF + portal, JSON.stringify(walls));
    if (rules?.moderated === true) await cursor.set(sql, MODERATED + portal, '1');
    if (rules?.moderated === false) await cursor.delete(sql, MODERATED + portal);
    afterCommit(() => this.#heard(portal, walls));
  }

  #heard(portal: PortalId, walls: readonly Wall[]): void {
    const isNew = JSON.stringify(this.#known.get(portal)) !== JSON.stringify(walls);
    this.#known.set(portal, walls);
    if (isNew && this.#isStrict(portal)) this.#kit.clock.after(0, () => this.onChanged());
  }
}

function parse(text: string): readonly Wall[] {
  const stored: unknown = JSON.parse(text);
  return Array.isArray(stored) ? stored.filter(isWall) : [];
}
