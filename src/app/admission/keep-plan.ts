import type { Resource } from '../../core/authority/access.ts';
import { type MemberPlan, planMembers } from '../../core/authority/plan-members.ts';
import type { Standing } from '../../core/authority/standing.ts';
import type { ActualRoom } from '../../core/room/actual-room.ts';
import { COOP_SPACE, type ManagedRoom } from '../../core/room/layout.ts';
import { planPolicies } from '../../core/room/policy-plan.ts';
import { planPowers } from '../../core/room/power-plan.ts';
import { planState, type StateWrite } from '../../core/room/state-plan.ts';

/** Everything that a room needs to be as it should. Empty where it is. */
export type KeepPlan = {
  readonly members: MemberPlan;
  /** The one content of power levels to write. */
  readonly powers: Record<string, unknown> | undefined;
  readonly writes: readonly StateWrite[];
};

export type KeepView = {
  readonly wanted: ManagedRoom;
  readonly resource: Resource;
  readonly room: ActualRoom;
  readonly botId: string;
  readonly serverName: string;
  readonly hasAuthority: boolean;
  readonly isOurs: (userId: string) => boolean;
  /** Never touched, whatever the authority says of them. */
  readonly isExempt: (userId: string) => boolean;
  readonly standingOf: (userId: string) => Standing;
  /** Whether the authority knows the user at all. */
  readonly isKnown: (userId: string) => boolean;
  /** Matrix ids of the members of the cooperative to look at; those in the room are looked at anyway. */
  readonly members: Iterable<string>;
  /** The Space through which the room is entered. */
  readonly parent: ActualRoom | undefined;
  readonly roomIdOf: (resource: string) => string | undefined;
  /** How the room of a resource is, where it was read. */
  readonly known: (resource: string) => ActualRoom | undefined;
  readonly layout: readonly ManagedRoom[];
};

const NOTHING: MemberPlan = { steps: [], powers: new Map(), hashText: '' };

/** What has to be done to a room: people, their powers, its state. Pure: the same view gives the same plan. */
export function keepPlan(view: KeepView): KeepPlan {
  const { room, wanted, botId, serverName, roomIdOf, known, layout, hasAuthority } = view;
  const writes = planState({ room, wanted, layout, roomIdOf, known, serverName, botId });
  if (!hasAuthority)
    // Without an authority a room is put into its Space, and nothing else about it is ours to say.
    return { members: NOTHING, powers: undefined, writes: writes.filter((write) => SPACE_LINKS.has(write.type)) };
  const standings = wantedStandings(view);
  const unmanaged = new Set<string>();
  const actual = new Map<string, { membership: 'join' | 'invite' | 'knock' | 'leave' | 'ban'; power: number }>();
  const bannedByUs = new Set<string>();
  for (const [userId, { membership, sender }] of room.members) {
    if (view.isOurs(userId) || view.isExempt(userId)) unmanaged.add(userId);
    if (membership === 'ban' && sender === botId) bannedByUs.add(userId);
    actual.set(userId, { membership, power: room.powerOf(userId) });
  }
  const members = planMembers({
    resource: view.resource,
    botId,
    actual,
    wanted: standings,
    bannedByUs,
    unmanaged,
  });
  const powers = planPowers({
    room,
    botId,
    wanted: powersOf(standings, view),
    isManaged: (userId) => standings.has(userId) && !unmanaged.has(userId),
    readOnly: wanted.readOnly,
  });
  const policies = wanted.id === COOP_SPACE ? policiesOf(view, standings) : [];
  return { members, powers, writes: [...writes, ...policies] };
}

/** The cooperative's Space also says to others who was expelled. */
function policiesOf(view: KeepView, standings: ReadonlyMap<string, Standing>): StateWrite[] {
  const banned = new Map<string, string>();
  for (const [userId, { membership, why }] of standings) if (membership === 'banned') banned.set(userId, why);
  const isPardoned = (userId: string): boolean => {
    const { membership } = view.standingOf(userId);
    return membership === 'in' || membership === 'may' || membership === 'out';
  };
  return planPolicies(view.room, banned, isPardoned);
}

const SPACE_LINKS: ReadonlySet<string> = new Set(['m.space.child', 'm.space.parent']);

/** Of everybody who is in the room, and of the members asked for. */
function wantedStandings(view: KeepView): Map<string, Standing> {
  const standings = new Map<string, Standing>();
  const look = (userId: string): void => {
    if (standings.has(userId) || view.isOurs(userId) || view.isExempt(userId)) return;
    // In an open room people of whom nobody knows anything are nobody's to move.
    if (view.resource.require === 'none' && !view.isKnown(userId)) return;
    standings.set(userId, throughDoor(view, userId, view.standingOf(userId)));
  };
  for (const [userId, { membership }] of view.room.members) if (membership !== 'leave') look(userId);
  for (const userId of view.members) look(userId);
  return standings;
}

/**
 * What the doors make of a standing: who left by themselves is not called back; rooms that one enters through a Space
 * are left with the Space; and into such rooms only those are invited who were put out, by us or by somebody else.
 */
function throughDoor(view: KeepView, userId: string, standing: Standing): Standing {
  if (standing.membership !== 'in') return standing;
  const own = view.room.members.get(userId);
  const isThere = own?.membership === 'join' || own?.membership === 'invite';
  if (view.parent !== undefined && isThere) {
    const above = view.parent.members.get(userId)?.membership;
    if (above === 'leave' || above === 'ban')
      return {
        ...standing,
        membership: 'out',
        code: 'left-space',
        why: `${userId} is not in ${view.parent.name ?? 'the Space'} any more, through which one comes into this room.`,
      };
  }
  const leftThemselves = own?.membership === 'leave' && own.sender === userId;
  if (leftThemselves) return { ...standing, membership: 'may' };
  const putOut = own?.membership === 'leave';
  if (view.wanted.join.rule === 'invite' || putOut) return standing;
  return { ...standing, membership: 'may' };
}

/** Powers of those who are or shall be in the room; somebody who is not there needs none. */
function powersOf(standings: ReadonlyMap<string, Standing>, view: KeepView): ReadonlyMap<string, number> {
  const powers = new Map<string, number>();
  for (const [userId, { power, membership }] of standings) {
    if (power === 'unchanged') continue;
    const isThere = view.room.members.get(userId)?.membership === 'join';
    const stays = membership === 'in' || membership === 'may' || membership === 'unchanged';
    powers.set(userId, stays && (isThere || power > 0) ? power : 0);
  }
  return powers;
}
