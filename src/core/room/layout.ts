import { GHOST_PREFIX } from '../ids.ts';
import { aliasOf } from './portal-room.ts';

/** How people come into a room. `allow`: resource id of the Space whose members may enter by themselves. */
export type JoinWish =
  | { readonly rule: 'public' }
  | { readonly rule: 'invite' }
  | { readonly rule: 'restricted'; readonly allow: string };

/** A room or Space as the configuration wants it. */
export type ManagedRoom = {
  /** `space:coop`, `space:<group>`, `channel:<network>/<channel>`, `room:lobby`, `room:admin`. */
  readonly id: string;
  readonly kind: 'space' | 'channel' | 'lobby' | 'admin';
  /** Full alias; a room id where the configuration names one. */
  readonly alias: string;
  readonly name: string;
  readonly topic?: string;
  /** Group that it belongs to. */
  readonly group?: string;
  /** Resource id of the one Space that it stands in. */
  readonly parent?: string;
  /** Position among the rooms of its parent: at most 50 printable ASCII characters, compared by code point. */
  readonly order: string;
  readonly join: JoinWish;
  readonly federate: boolean;
  /** Whether only our own homeserver and `servers` may take part (where the room federates at all). */
  readonly acl: boolean;
  /** Without our own. Empty where it does not federate. */
  readonly servers: readonly string[];
  /** Its group hibernates or is archived: everybody reads, nobody but the bot speaks. */
  readonly readOnly: boolean;
  /** Stands in no list: a hidden group's Space is no child of another, and its rooms are only in that Space. */
  readonly hidden: boolean;
};

export type LayoutGroup = {
  readonly id: string;
  readonly name: string;
  readonly space?: string | undefined;
  readonly parent?: string | undefined;
  readonly state: 'active' | 'hibernating' | 'archived';
  readonly hidden: boolean;
};

export type LayoutChannel = {
  readonly network: string;
  /** As the caller names resources: folded, so that the id is the portal's. */
  readonly channel: string;
  readonly room: string;
  readonly group?: string | undefined;
  readonly require?: 'none' | 'member' | 'coordinator' | 'council' | undefined;
  readonly join: 'restricted' | 'invite';
  readonly federate?: boolean | undefined;
  readonly name?: string | undefined;
  readonly topic?: string | undefined;
};

export type LayoutInput = {
  readonly serverName: string;
  readonly cooperative?:
    | {
        readonly name: string;
        readonly space?: string | undefined;
        readonly lobby?: string | undefined;
        readonly adminRoom?: string | undefined;
        readonly servers: readonly string[];
        readonly groups: readonly LayoutGroup[];
      }
    | undefined;
  /** Without an authority channels that do not say otherwise are open. */
  readonly hasAuthority: boolean;
  readonly channels: readonly LayoutChannel[];
};

export const COOP_SPACE = 'space:coop';
export const LOBBY = 'room:lobby';
export const ADMIN_ROOM = 'room:admin';

/** `=` is in no group's id: a group may be called `coop`. */
export const groupSpace = (group: string): string => `space:${group === 'coop' ? '=coop' : group}`;
export const channelResource = (network: string, channel: string): string => `channel:${network}/${channel}`;

/** What comes first in a Space. */
const SECTIONS = { lobby: '0', space: '1', channel: '2', admin: '9' } as const;

/** All rooms and Spaces that the configuration asks for, parents before children. */
export function layout(input: LayoutInput): readonly ManagedRoom[] {
  const { cooperative, serverName } = input;
  const groups = new Map((cooperative?.groups ?? []).map((group) => [group.id, group]));
  const servers = cooperative?.servers ?? [];
  const coopSpace = cooperative?.space === undefined ? undefined : COOP_SPACE;
  const placed = new Map<string, number>();
  /** The next place of a section below a parent. Each counts by itself: a new channel moves only those after it. */
  const place = (kind: ManagedRoom['kind'], parent: string | undefined): Pick<ManagedRoom, 'order' | 'parent'> => {
    const section = SECTIONS[kind];
    const key = `${section} ${parent}`;
    const position = placed.get(key) ?? 0;
    placed.set(key, position + 1);
    return { order: `${section}${String(position).padStart(5, '0')}`, ...(parent === undefined ? {} : { parent }) };
  };
  const full = (room: string): string => aliasOf(room, serverName) ?? room;
  const closed = { join: { rule: 'invite' }, readOnly: false, hidden: false } as const;
  const among = (federate: boolean, isClosed: boolean): Pick<ManagedRoom, 'federate' | 'acl' | 'servers'> => ({
    federate,
    acl: isClosed || (input.hasAuthority && servers.length > 0),
    servers: federate ? servers : [],
  });
  const rooms: ManagedRoom[] = [];

  if (cooperative?.space !== undefined) {
    const { name, space } = cooperative;
    // Members with accounts on listed servers must be able to enter: a Space can never be opened later.
    const inSpace = among(servers.length > 0, true);
    rooms.push({
      id: COOP_SPACE,
      kind: 'space',
      alias: full(space),
      name,
      ...place('space', undefined),
      ...closed,
      ...inSpace,
    });
    for (const group of parentsFirst(groups)) {
      const alias = full(group.space ?? groupAlias(space, group.id));
      const parent = group.parent === undefined ? COOP_SPACE : groupSpace(group.parent);
      const mine = { id: groupSpace(group.id), kind: 'space', alias, name: group.name, group: group.id } as const;
      rooms.push({ ...mine, ...place('space', parent), ...closed, ...inSpace, hidden: group.hidden });
    }
  }
  const house = (kind: 'lobby' | 'admin', id: string, room: string | undefined, name: string): void => {
    if (room === undefined) return;
    const join = { rule: kind === 'lobby' ? 'public' : 'invite' } as const;
    rooms.push({
      id,
      kind,
      alias: full(room),
      name,
      ...place(kind, coopSpace),
      ...closed,
      ...among(false, true),
      join,
    });
  };
  house('lobby', LOBBY, cooperative?.lobby, `${cooperative?.name}: lobby`);
  house('admin', ADMIN_ROOM, cooperative?.adminRoom, `${cooperative?.name}: administration`);

  for (const channel of input.channels) {
    const group = channel.group === undefined ? undefined : groups.get(channel.group);
    const parent = coopSpace === undefined || group === undefined ? coopSpace : groupSpace(group.id);
    const join = joinWish(channel, group !== undefined, parent, input.hasAuthority);
    const isOpen = join.rule === 'public';
    rooms.push({
      id: channelResource(channel.network, channel.channel),
      kind: 'channel',
      alias: full(channel.room),
      name: channel.name ?? channel.channel,
      ...(channel.topic === undefined ? {} : { topic: channel.topic }),
      ...(group === undefined ? {} : { group: group.id }),
      ...place('channel', parent),
      join,
      ...among(channel.federate ?? isOpen, !isOpen),
      readOnly: group !== undefined && group.state !== 'active',
      hidden: group?.hidden ?? false,
    });
  }
  return rooms;
}

/**
 * A Space admits by membership alone, so whoever must be more than a member is invited. So is everybody where the group
 * is none that we know: the Space of all would be too wide a door.
 */
function joinWish(
  channel: LayoutChannel,
  hasGroup: boolean,
  space: string | undefined,
  hasAuthority: boolean,
): JoinWish {
  const least = channel.require ?? (hasAuthority ? 'member' : 'none');
  if (least === 'none') return { rule: 'public' };
  const isKnown = hasGroup || channel.group === undefined;
  return least === 'member' && channel.join === 'restricted' && isKnown && space !== undefined
    ? { rule: 'restricted', allow: space }
    : { rule: 'invite' };
}

/** `#willow` and `garden` are `#willow-garden`. Below a Space without alias: one of our own namespace. */
const groupAlias = (space: string, group: string): string =>
  space.startsWith('#') ? `${space.split(':')[0]}-${group}` : `#${GHOST_PREFIX}space_${group}`;

/** In the order of the configuration, but each after its parent; a parent that is unknown, or its own ancestor, is none. */
function parentsFirst(groups: ReadonlyMap<string, LayoutGroup>): LayoutGroup[] {
  const sorted = new Map<string, LayoutGroup>();
  const visit = (group: LayoutGroup, below: ReadonlySet<string>): void => {
    if (sorted.has(group.id)) return;
    const parent = group.parent === undefined ? undefined : groups.get(group.parent);
    const isUsable = parent !== undefined && parent.id !== group.id && !below.has(parent.id);
    if (isUsable) visit(parent, new Set([...below, group.id]));
    if (!sorted.has(group.id)) sorted.set(group.id, { ...group, parent: isUsable ? parent.id : undefined });
  };
  for (const group of groups.values()) visit(group, new Set());
  return [...sorted.values()];
}
