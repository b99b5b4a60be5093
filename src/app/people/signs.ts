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
  readonly #isOurs: (userId: string) => boolean;

  constructor(parts: SignsParts) {
    const { kit, portals, gate, config, isOurs } = parts;
    const networks = new Map(config.networks.map((network) => [network.id as NetworkId, network]));
    this.#isOurs = isOurs;
    this.typing = new Typing(parts);
    const showsGhosts = (id: NetworkId): boolean => networks.get(id)?.presence.toMatrix === true;
    const showsPeople = (id: NetworkId): boolean => networks.get(id)?.presence.toNetwork === true;
    const marks = (id: NetworkId): boolean => networks.get(id)?.readMarkers === true;
    const isAdmitted = admittedBy(gate, (network, entry) => parts.vouching.assuranceOf(network, entry));
    this.ghosts = new GhostPresence({ ...parts, isWanted: showsGhosts, isAdmitted });
    this.people = new PeoplePresence(kit, portals, gate, showsPeople);
    this.#read = new ReadMarkers(kit, portals, gate, marks);
    const any = (asks: (id: NetworkId) => boolean): boolean => [...networks.keys()].some(asks);
    this.wants = { presence: any(showsPeople), receipts: any(marks) };
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
