import type { ChannelConfig } from '../../config/schema.ts';
import type { Direct } from '../../core/direct.ts';
import { asNetworkId, makePortalId, type NetworkId, type PortalId } from '../../core/ids.ts';

/** One link as it stands now. */
export type Portal = {
  readonly id: PortalId;
  readonly network: NetworkId;
  readonly channel: string;
  config: ChannelConfig;
  roomId: string | undefined;
  /** A sentence, where the link cannot work until somebody does something. */
  problem: string | undefined;
  lastToMatrixMs: number | null;
  lastToNetworkMs: number | null;
  lagToMatrixMs: number | null;
  lagToNetworkMs: number | null;
  refused: number;
  /** Lines of the channel that were not let in, by admission or by assurance, since the start. */
  notLetIn: number;
  /** Where it is no channel's but a private conversation. */
  direct?: DirectLink;
};

/** What is said in a private conversation waits until its room is there. */
export type DirectLink = Direct & { readonly isOpen: boolean };

/**
 * Channel names compare by the network's case mapping, which is known only once connected; ids have to be the same
 * for ever. So ids fold by ASCII alone, and look-ups by what the network says.
 */
const foldForId = (channel: string): string => channel.replace(/[A-Z]/g, (char) => char.toLowerCase());

export const portalIdOf = (network: NetworkId, channel: string): PortalId => makePortalId(network, foldForId(channel));

/** Nobody writes these for a private conversation. */
const DIRECT: Omit<ChannelConfig, 'channel' | 'room'> = {
  join: 'invite',
  unadmitted: 'drop',
  visitors: false,
  maxLines: 3,
  guard: false,
  ghosts: 'speakers',
  ghostsCap: 0,
  idleDays: 0,
  assurance: { relay: 'anonymous', ghost: 'anonymous', voice: 'none' },
  policyLists: [],
};

const LEAST_REST_MS = 20;
/** One look takes about a microsecond. */
const REST_MS_PER_PORTAL = 0.05;

/** All links, found by room or by channel in constant time. */
export class PortalTable {
  readonly #byId = new Map<PortalId, Portal>();
  readonly #byRoom = new Map<string, Portal>();
  readonly #directs = new Map<PortalId, Portal>();
  /** When a line of a person on Matrix last came through, in any room; milliseconds since 1970. */
  lastSaidMs = 0;

  add(network: NetworkId, config: ChannelConfig): Portal {
    const portal = this.#make(portalIdOf(network, config.channel), network, config);
    this.#byId.set(portal.id, portal);
    return portal;
  }

  /** A private conversation: found by its id and its room, and in no list of channels. */
  addDirect(id: PortalId, network: NetworkId, direct: DirectLink): Portal {
    const channel = direct.peer.nick;
    const portal = this.#make(id, network, { ...DIRECT, channel, room: channel });
    portal.direct = direct;
    this.#directs.set(id, portal);
    return portal;
  }

  #make(id: PortalId, network: NetworkId, config: ChannelConfig): Portal {
    return {
      id,
      network,
      channel: config.channel,
      config,
      roomId: undefined,
      problem: undefined,
      lastToMatrixMs: null,
      lastToNetworkMs: null,
      lagToMatrixMs: null,
      lagToNetworkMs: null,
      refused: 0,
      notLetIn: 0,
    };
  }

  remove(portal: Portal): void {
    this.#byId.delete(portal.id);
    if (portal.roomId !== undefined) this.#byRoom.delete(portal.roomId);
  }

  /** @returns the portal that already has this room, if another has; then nothing is changed */
  setRoom(portal: Portal, roomId: string): Portal | undefined {
    const holder = this.#byRoom.get(roomId);
    if (holder !== undefined && holder !== portal) return holder;
    portal.roomId = roomId;
    this.#byRoom.set(roomId, portal);
    return undefined;
  }

  /** Another room takes the place of the portal's own. */
  moveRoom(portal: Portal, roomId: string): void {
    if (portal.roomId !== undefined) this.#byRoom.delete(portal.roomId);
    portal.roomId = roomId;
    this.#byRoom.set(roomId, portal);
  }

  get(id: PortalId): Portal | undefined {
    return this.#byId.get(id) ?? this.#directs.get(id);
  }

  /** Of a channel. */
  byRoom(roomId: string): Portal | undefined {
    const portal = this.#byRoom.get(roomId);
    return portal?.direct === undefined ? portal : undefined;
  }

  /** Of a channel or a private conversation. */
  anyByRoom(roomId: string): Portal | undefined {
    return this.#byRoom.get(roomId);
  }

  directs(): IterableIterator<Portal> {
    return this.#directs.values();
  }

  /** @param channel as the server writes it */
  byChannel(network: NetworkId, channel: string): Portal | undefined {
    return this.#byId.get(portalIdOf(network, channel));
  }

  all(): IterableIterator<Portal> {
    return this.#byId.values();
  }

  ofNetwork(network: NetworkId): Portal[] {
    return [...this.#byId.values()].filter((portal) => portal.network === network);
  }

  /** How long work that looks at every portal rests before it does so again: it is to cost a few percent of a processor. */
  get restMs(): number {
    return Math.max(LEAST_REST_MS, this.#byId.size * REST_MS_PER_PORTAL);
  }

  networkOf(id: PortalId): NetworkId {
    return this.get(id)?.network ?? asNetworkId(id.slice(0, id.indexOf('/')));
  }

  delivered(id: PortalId, direction: 'to-matrix' | 'to-network', atMs: number, lagMs: number): void {
    const portal = this.get(id);
    if (portal === undefined) return;
    if (direction === 'to-matrix') Object.assign(portal, { lastToMatrixMs: atMs, lagToMatrixMs: lagMs });
    else {
      Object.assign(portal, { lastToNetworkMs: atMs, lagToNetworkMs: lagMs });
      this.lastSaidMs = atMs;
    }
  }
}
