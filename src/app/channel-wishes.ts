import type { NetworkId } from '../core/ids.ts';
import { Gathered } from './gathered.ts';
import type { Kit } from './kit.ts';
import type { PortalTable } from './portal-table.ts';

/** A network compares all its channels with what it is told, which takes about 1 ms per thousand. */
const REST_MS_PER_CHANNEL = 0.05;
const LEAST_REST_MS = 20;

/** Tells networks in which channels to listen: those of all portals that have a room. */
export class ChannelWishes {
  readonly #kit: Kit;
  readonly #portals: PortalTable;
  readonly #tellings = new Map<NetworkId, Gathered>();

  constructor(kit: Kit, portals: PortalTable) {
    this.#kit = kit;
    this.#portals = portals;
  }

  /** At once, or soon where it was told a moment ago: when links get their rooms, thousands of them ask. */
  tell(network: NetworkId): void {
    const telling = this.#tellings.get(network) ?? this.#make(network);
    this.#tellings.set(network, telling);
    telling.ask();
  }

  #make(id: NetworkId): Gathered {
    const { clock, log, networks } = this.#kit;
    let count = 0;
    const tell = (): void => {
      const ready = this.#portals.ofNetwork(id).filter((portal) => portal.roomId !== undefined);
      count = ready.length;
      networks
        .get(id)
        ?.setChannels(
          ready.map(({ channel, config: { key } }) => ({ channel, ...(key === undefined ? {} : { key }) })),
        );
    };
    return new Gathered(clock, log, tell, () => Math.max(LEAST_REST_MS, count * REST_MS_PER_CHANNEL));
  }
}
