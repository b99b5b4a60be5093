import type { Config } from '../../config/schema.ts';
import type { Resource } from '../../core/authority/access.ts';
import type { NetworkId, PortalId } from '../../core/ids.ts';
import { layout, type ManagedRoom } from '../../core/room/layout.ts';
import type { CreateRoom } from '../../ports/matrix.ts';
import { portalIdOf } from '../rooms/portal-table.ts';

/** What the configuration asks of rooms and people, as the core speaks of it. */
export type Arrangement = {
  /** By resource id: every room and Space that we keep. */
  readonly rooms: readonly ManagedRoom[];
  /** By resource id: what each asks of people. */
  readonly resources: ReadonlyMap<string, Resource>;
};

/** What an arrangement depends on beside the configuration. */
export type Surroundings = {
  readonly serverName: string;
  /** Homeservers of agreements in force. */
  readonly peers: () => readonly string[];
  /** The network keeps people out of a channel, or may do so. */
  readonly isWalled: (portal: PortalId) => boolean;
};

/**
 * Without an authority only the Space is kept, where there is one, and nobody is asked for anything.
 * @param peers homeservers of agreements in force
 */
export function arrange(
  config: Config,
  { serverName, isWalled }: Pick<Surroundings, 'serverName' | 'isWalled'>,
  peers: readonly string[] = [],
): Arrangement {
  const hasAuthority = config.authority.source !== 'none';
  const { cooperative } = config;
  if (!hasAuthority && cooperative?.space === undefined) return { rooms: [], resources: new Map() };
  const links = config.networks.flatMap((network) =>
    network.channels.map((link) => ({
      ...link,
      network: network.id,
      channel: foldedChannel(network.id, link.channel),
      link,
    })),
  );
  const rooms = layout({
    serverName,
    ...(cooperative === undefined ? {} : { cooperative }),
    peers,
    hasAuthority,
    channels: links.map(({ link, channel, network, name, ...rest }) => ({
      ...rest,
      network,
      channel,
      // A Space would let in by itself whom the policy engine refuses.
      join: config.authority.decisions === undefined ? link.join : 'invite',
      name: name ?? link.channel,
      isWalled: isWalled(portalIdOf(network as NetworkId, link.channel)),
    })),
  });
  const groups = new Map((cooperative?.groups ?? []).map((group) => [group.id, group]));
  const byChannel = new Map(links.map((link) => [`channel:${link.network}/${link.channel}`, link]));
  const resources = new Map<string, Resource>();
  for (const room of rooms) {
    const link = byChannel.get(room.id);
    const group = groups.get(room.group ?? '');
    const require = link === undefined ? HOUSE_RULES[room.kind] : (link.require ?? (hasAuthority ? 'member' : 'none'));
    resources.set(room.id, {
      id: room.id,
      kind: room.kind,
      label: link?.link.channel ?? room.name,
      ...(group === undefined ? {} : { group: group.id }),
      groupState: group?.state ?? 'active',
      require,
      visitors: room.federate && !room.hidden && link?.link.visitors !== false,
      staleness: link?.staleness ?? (require === 'none' ? 'open' : 'members'),
    });
  }
  return { rooms, resources };
}

/** What rooms ask for that are no channel's. Who may be in the lobby follows from standings alone. */
const HOUSE_RULES = { space: 'member', channel: 'member', lobby: 'none', admin: 'council' } as const;

const foldedPortal = (network: string, channel: string): string => portalIdOf(network as NetworkId, channel);
const foldedChannel = (network: string, channel: string): string =>
  foldedPortal(network, channel).slice(network.length + 1);

/** A resource as agreements write it, in our form: names of channels compare without case. */
export function normalResource(resource: string): string {
  const [, network, channel] = /^channel:([^/]+)\/(.+)$/.exec(resource) ?? [];
  return network === undefined || channel === undefined ? resource : `channel:${foldedPortal(network, channel)}`;
}

/** What a room begins with that cannot be put right later. */
export const creationOf = ({ join, federate }: ManagedRoom): Partial<CreateRoom> => ({
  preset: join.rule === 'public' ? 'public_chat' : 'private_chat',
  ...(federate ? {} : { creationContent: { 'm.federate': false } }),
});
