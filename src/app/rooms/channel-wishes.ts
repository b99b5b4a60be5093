import type { NetworkId } from '../../core/ids.ts';
import type { Kit } from '../kit.ts';
import { Gathered } from '../timing/gathered.ts';
import type { PortalTable } from './portal-table.ts';

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
    const tell = (): void => {
      const ready = this.#portals.ofNetwork(id).filter((portal) => portal.roomId !== undefined);
      networks
        .get(id)
        ?.setChannels(
          ready.map(({ channel, config: { key } }) => ({ channel, ...(key === undefined ? {} : { key }) })),
        );
    };
    return new Gathered(clock, log, tell, () => this.#portals.restMs);
  }
}
