import type { ConfigInput } from '../config/schema.ts';

/** Id of the sandbox's network; accounts on it are written with it: `home/carol`. */
export const NETWORK = 'home';

/** The channels of the sandbox, each with the room of the same name. */
const LINKS = [
  { channel: '#commons', require: 'none' },
  { channel: '#members', name: 'Members' },
  { channel: '#garden', group: 'garden' },
  { channel: '#bees', group: 'bees' },
] as const;

export const CHANNELS: readonly string[] = LINKS.map(({ channel }) => channel);
/** Rooms that anybody of the homeserver may enter by themselves. */
export const OPEN_ROOMS = ['#commons', '#lobby'] as const;
/** Aliases, without the server, of what is no channel's: the cooperative's Space, its groups' Spaces, the rooms of its house. */
export const HOUSE_ROOMS = ['#willow', '#willow-garden', '#willow-bees', '#lobby', '#admin'] as const;

/** The sandbox's cooperative as the configuration has it: one open channel, one of all members, one of each group. */
export const cooperativeConfig: Required<Pick<ConfigInput, 'cooperative' | 'authority'>> = {
  cooperative: {
    name: 'Willow',
    space: '#willow',
    lobby: '#lobby',
    adminRoom: '#admin',
    groups: [
      { id: 'garden', name: 'Garden group' },
      { id: 'bees', name: 'Beekeepers', parent: 'garden' },
    ],
  },
  authority: { source: 'file', path: './members.yaml', audit: './audit.jsonl' },
};

export const channelLinks = LINKS.map((link) => ({ ...link, room: link.channel }));

export type Inhabitant = {
  readonly name: string;
  /** What a newcomer is told of them: how the list of members has them when it is new. */
  readonly about: string;
  /** Whether they enter the open rooms by themselves. */
  readonly comesIn: boolean;
  /** Aliases of the other rooms that they are in because of the list as it is written first. */
  readonly belongs: readonly string[];
};

/** Matrix people of the sandbox. Few: each costs a login at every start. */
export const INHABITANTS: readonly Inhabitant[] = [
  {
    name: 'alice',
    about: 'council; in every group',
    comesIn: true,
    belongs: ['#willow', '#willow-garden', '#willow-bees', '#members', '#garden', '#bees', '#admin'],
  },
  {
    name: 'bob',
    about: 'coordinator of the garden group',
    comesIn: true,
    belongs: ['#willow', '#willow-garden', '#members', '#garden'],
  },
  { name: 'erin', about: 'applied, and is no member yet', comesIn: true, belongs: [] },
  { name: 'frank', about: 'suspended: speaks nowhere', comesIn: false, belongs: [] },
  { name: 'grace', about: 'hibernates: reads, does not speak', comesIn: true, belongs: [] },
];

/** People of the sandbox with an account on its IRC server. */
export const IRC_ACCOUNTS = ['carol', 'erin'] as const;
