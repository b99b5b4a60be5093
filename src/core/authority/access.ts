import type { Role, Status } from './member.ts';

/** What a room or Space asks of people. */
export type Resource = {
  /** `space:coop`, `space:<group>`, `channel:<network>/<name>`, `room:lobby`, `room:admin`. */
  readonly id: string;
  readonly kind: 'space' | 'channel' | 'lobby' | 'admin';
  /** As people call it. */
  readonly label: string;
  /** Group that it belongs to. Without one it is the whole cooperative's. */
  readonly group?: string;
  readonly groupState: 'active' | 'hibernating' | 'archived';
  /** Least role in it. `none`: everybody against whom nothing is known. */
  readonly require: 'none' | 'member' | 'coordinator' | 'council';
  /** What happens when the authority has not answered for long. */
  readonly staleness: 'open' | 'members' | 'confidential';
  /** Whether people of other shards may be let in by an agreement, for all that we say ourselves. */
  readonly visitors?: boolean;
  /** About running the machines: the one place where an operator has a say. */
  readonly isOperations?: boolean;
};

/** The three kinds of door: with a requirement, without one, and the room where one asks to be let in. */
export type Door = 'closed' | 'open' | 'lobby';

export const doorOf = ({ kind, require }: Resource): Door =>
  kind === 'lobby' ? 'lobby' : require === 'none' ? 'open' : 'closed';

/** `in`: is invited. `may`: stays if there. `out`: is removed. `banned`: and cannot come back. */
export type Effect = {
  readonly membership: 'in' | 'may' | 'out' | 'banned';
  readonly speaks: boolean;
  /** Whether they have an IRC connection of their own; others speak through the bot's. */
  readonly puppet: boolean;
};

const WELCOME: Effect = { membership: 'in', speaks: true, puppet: true };
const FREE: Effect = { membership: 'may', speaks: true, puppet: true };
const ONBOARDING: Effect = { membership: 'in', speaks: true, puppet: false };
const RELAYED: Effect = { membership: 'may', speaks: true, puppet: false };
const READS: Effect = { membership: 'may', speaks: false, puppet: false };
export const OUT: Effect = { membership: 'out', speaks: false, puppet: false };
const BANNED: Effect = { membership: 'banned', speaks: false, puppet: false };

/**
 * Standing → effect (facts, table of statuses). `closed` is for those who meet the requirement; others are out of it.
 * The lobby stands in for the onboarding room. In open rooms people of whom the authority says nothing are as free as
 * they would be without an authority; applicants and provisional members have no connection of their own anywhere.
 */
export const STATUS_TABLE: Readonly<Record<Status | 'stranger', Readonly<Record<Door, Effect>>>> = {
  stranger: { closed: OUT, open: FREE, lobby: RELAYED },
  applicant: { closed: OUT, open: RELAYED, lobby: RELAYED },
  provisional: { closed: OUT, open: RELAYED, lobby: ONBOARDING },
  active: { closed: WELCOME, open: WELCOME, lobby: FREE },
  hibernating: { closed: READS, open: READS, lobby: READS },
  suspended: { closed: OUT, open: OUT, lobby: OUT },
  departed: { closed: OUT, open: OUT, lobby: OUT },
  expelled: { closed: BANNED, open: BANNED, lobby: BANNED },
};

/** Standing in a channel on the network: nothing, voice, operator. */
export type IrcStatus = '' | 'v' | 'o';
export type RoleEffect = { readonly power: number; readonly ircStatus: IrcStatus };

/** The bot has 100: nobody else ever as much, since equals cannot be demoted. */
export const MOST_POWER = 75;
/** Below `events_default`: reads and does not speak. */
export const SILENT_POWER = -1;

/** Role in a resource → power there (facts, table of roles). Counts for active members only. */
export const ROLE_TABLE: Readonly<Record<Role, RoleEffect>> = {
  member: { power: 0, ircStatus: 'v' },
  operator: { power: 0, ircStatus: 'v' },
  coordinator: { power: 50, ircStatus: 'o' },
  council: { power: 75, ircStatus: 'o' },
};
/** Whoever runs the machines has a say where the machines are spoken about, and on IRC nowhere. */
export const OPERATIONS_TABLE: typeof ROLE_TABLE = { ...ROLE_TABLE, operator: { power: 50, ircStatus: 'v' } };

/** How much a role is for what `require` asks. Running machines is no rank. */
export const RANK: Readonly<Record<Resource['require'] | Role, number>> = {
  none: 0,
  operator: 1,
  member: 1,
  coordinator: 2,
  council: 3,
};
