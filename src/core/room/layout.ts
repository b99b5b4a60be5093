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
  /** The network keeps people out of the channel, or may do so: nobody comes in by themselves. */
  readonly isWalled?: boolean;
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
  /** Homeservers of agreements in force: besides those of the cooperative wherever others take part at all. */
  readonly peers?: readonly string[];
  /** Without an authority channels that do not say otherwise are open. */
  readonly hasAuthority: boolean;
  readonly channels: readonly LayoutChannel[];
};

export const COOP_SPACE = 'space:coop';
const LOBBY = 'room:lobby';
export const ADMIN_ROOM = 'room:admin';

/** `=` is in no group's id: a group may be called `coop`. */
export const groupSpace = (group: string): string => `space:${group === 'coop' ? '=coop' : group}`;
const channelResource = (network: string, channel: string): string => `channel:${network}/${channel}`;

/** What comes first in a Space. */
const SECTIONS = { lobby: '0', space: '1', channel: '2', admin: '9' } as const;

/** All rooms and Spaces that the configuration asks for, parents before children. */
export function layout(input: LayoutInput): readonly ManagedRoom[] {
  const { cooperative, serverName } = input;
  const place = makePlace();
  const ground: Ground = {
    input,
    groups: new Map((cooperative?.groups ?? []).map((group) => [group.id, group])),
    coopSpace: cooperative?.space === undefined ? undefined : COOP_SPACE,
    stand: (kind, room, parent) => ({ kind, alias: aliasOf(room, serverName) ?? room, ...place(kind, parent) }),
    among: (federate, isClosed) => {
      const servers = cooperative?.servers ?? [];
      // Also where no server is named: a list that loses its last name must not let in everybody.
      const acl = isClosed || input.hasAuthority;
      return { federate, acl, servers: federate ? [...new Set([...servers, ...(input.peers ?? [])])] : [] };
    },
  };
  return [...spaces(ground), ...houseRooms(ground), ...channels(ground)];
}

type Ground = {
  readonly input: LayoutInput;
  readonly groups: ReadonlyMap<string, LayoutGroup>;
  readonly coopSpace: string | undefined;
  /** What a room is called by and where it stands. */
  readonly stand: (
    kind: ManagedRoom['kind'],
    room: string,
    parent: string | undefined,
  ) => Pick<ManagedRoom, 'kind' | 'alias' | 'order' | 'parent'>;
  /** Which homeservers take part. */
  readonly among: (federate: boolean, isClosed: boolean) => Pick<ManagedRoom, 'federate' | 'acl' | 'servers'>;
};

/** Gives out places. Each parent and section counts by itself, so that a new room moves only those after it. */
function makePlace() {
  const given = new Map<string, number>();
  return (kind: ManagedRoom['kind'], parent: string | undefined): Pick<ManagedRoom, 'order' | 'parent'> => {
    const section = SECTIONS[kind];
    const key = `${section} ${parent}`;
    const position = given.get(key) ?? 0;
    given.set(key, position + 1);
    return { order: `${section}${String(position).padStart(5, '0')}`, ...(parent === undefined ? {} : { parent }) };
  };
}

const BY_INVITATION = { rule: 'invite' } as const;
const OPEN = { rule: 'public' } as const;

function spaces({ input, groups, stand, among }: Ground): ManagedRoom[] {
  const { cooperative, hasAuthority } = input;
  if (cooperative?.space === undefined) return [];
  const { name, space } = cooperative;
  // Members with accounts on listed servers must be able to enter: a Space can never be opened to others later.
  const open = among(cooperative.servers.length > 0, true);
  // Where nobody decides who is a member, nobody would be invited.
  const join = (hidden: boolean): JoinWish => (hasAuthority || hidden ? BY_INVITATION : OPEN);
  const top: ManagedRoom = {
    id: COOP_SPACE,
    name,
    ...stand('space', space, undefined),
    ...open,
    join: join(false),
    readOnly: false,
    hidden: false,
  };
  const below = parentsFirst(groups).map(
    ({ id, name, hidden, parent, space: own }): ManagedRoom => ({
      id: groupSpace(id),
      name,
      group: id,
      ...stand('space', own ?? groupAlias(space, id), parent === undefined ? COOP_SPACE : groupSpace(parent)),
      ...open,
      join: join(hidden),
      readOnly: false,
      hidden,
    }),
  );
  return [top, ...below];
}

/** Lobby and admin room: for people of our own homeserver. */
function houseRooms({ input, coopSpace, stand, among }: Ground): ManagedRoom[] {
  const { cooperative } = input;
  const rooms = [
    { id: LOBBY, kind: 'lobby', room: cooperative?.lobby, what: 'lobby', join: OPEN },
    { id: ADMIN_ROOM, kind: 'admin', room: cooperative?.adminRoom, what: 'administration', join: BY_INVITATION },
  ] as const;
  return rooms.flatMap(({ id, kind, room, what, join }) =>
    room === undefined
      ? []
      : {
          id,
          name: `${cooperative?.name}: ${what}`,
          ...stand(kind, room, coopSpace),
          ...among(false, true),
          join,
          readOnly: false,
          hidden: false,
        },
  );
}

function channels({ input, groups, coopSpace, stand, among }: Ground): ManagedRoom[] {
  return input.channels.map((channel) => {
    const group = channel.group === undefined ? undefined : groups.get(channel.group);
    const parent = coopSpace === undefined || group === undefined ? coopSpace : groupSpace(group.id);
    const join = joinWish(channel, group !== undefined, parent, input.hasAuthority);
    const isOpen = join.rule === 'public';
    return {
      id: channelResource(channel.network, channel.channel),
      name: channel.name ?? channel.channel,
      ...(channel.topic === undefined ? {} : { topic: channel.topic }),
      ...(group === undefined ? {} : { group: group.id }),
      ...stand('channel', channel.room, parent),
      ...among(channel.federate ?? isOpen, !isOpen),
      join,
      readOnly: group !== undefined && group.state !== 'active',
      hidden: group?.hidden ?? false,
    };
  });
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
  if (least === 'none') return channel.isWalled === true ? BY_INVITATION : OPEN;
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
