import type { Config } from '../../config/schema.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Presence } from '../../core/presence.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { Portal } from '../rooms/portal-table.ts';
import { GhostPresence } from './ghost-presence.ts';
import { PeoplePresence } from './people-presence.ts';
import { ReadMarkers } from './read-markers.ts';
import { admittedBy, type Rosters } from './rosters.ts';
import { Typing, type TypingParts } from './typing.ts';

export type SignsParts = TypingParts & {
  readonly config: Config;
  readonly isOurs: (userId: string) => boolean;
  readonly rosters: () => Rosters;
  readonly lanes: () => Lanes;
};

/** Small signs of people, which no room keeps and nothing waits for: who types, who is there, what is read. None is stored. */
export class Signs {
  readonly typing: Typing;
  readonly ghosts: GhostPresence;
  readonly people: PeoplePresence;
  /** What is to be asked of the homeserver for them. */
  readonly wants: { readonly presence: boolean; readonly receipts: boolean };
  readonly #read: ReadMarkers;
  /** Where what is read counts on the network. */
  #marked: ReadonlySet<NetworkId>;
  readonly #isOurs: (userId: string) => boolean;

  constructor(parts: SignsParts) {
    const { kit, portals, gate, config, isOurs } = parts;
    const networks = new Map(config.networks.map((network) => [network.id as NetworkId, network]));
    this.#isOurs = isOurs;
    this.typing = new Typing(parts);
    const showsGhosts = (id: NetworkId): boolean => networks.get(id)?.presence.toMatrix === true;
    const showsPeople = (id: NetworkId): boolean => networks.get(id)?.presence.toNetwork === true;
    this.#marked = markedIn(config);
    const isAdmitted = admittedBy(gate, (network, entry) => parts.vouching.assuranceOf(network, entry));
    this.ghosts = new GhostPresence({ ...parts, isWanted: showsGhosts, isAdmitted });
    this.people = new PeoplePresence(kit, portals, gate, showsPeople);
    this.#read = new ReadMarkers(kit, portals, gate, (id) => this.#marked.has(id));
    const marked = (): number => this.#marked.size;
    this.wants = {
      presence: [...networks.keys()].some(showsPeople),
      get receipts() {
        return marked() > 0;
      },
    };
  }

  /** Takes over what may change while it runs: who is shown as there or away stays as it was. */
  reconfigure(config: Config): void {
    this.#marked = markedIn(config);
  }

  stop(): void {
    this.ghosts.stop();
  }

  /** What cannot be shown, and why. */
  sentences(): readonly string[] {
    return this.ghosts.problem === undefined ? [] : [this.ghosts.problem];
  }

  /** Events that are on disk. */
  seen(events: readonly MatrixEvent[]): void {
    if (this.wants.receipts) this.#read.seen(events);
  }

  presence(userId: string, presence: Presence): void {
    if (!this.#isOurs(userId)) this.people.changed(userId, presence);
  }

  read(room: string, userId: string, eventId: string): void {
    if (!this.#isOurs(userId)) this.#read.read(room, userId, eventId);
  }

  /** A ghost came into a room. */
  joined(portal: Portal, userId: string): void {
    this.ghosts.joined(portal, userId);
  }
}

const markedIn = ({ networks }: Config): ReadonlySet<NetworkId> =>
  new Set(networks.flatMap(({ id, readMarkers }) => (readMarkers ? [id as NetworkId] : [])));
