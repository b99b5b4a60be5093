import type { Resource } from '../../core/authority/access.ts';
import { REMOVING } from '../../core/authority/guard.ts';
import { type MemberPlan, planMembers } from '../../core/authority/plan-members.ts';
import type { Standing } from '../../core/authority/standing.ts';
import type { ActualRoom, Content } from '../../core/room/actual-room.ts';
import { COOP_SPACE, type ManagedRoom } from '../../core/room/layout.ts';
import { planPolicies } from '../../core/room/policy-plan.ts';
import { powerChanges } from '../../core/room/power-changes.ts';
import { beyondReach, planPowers } from '../../core/room/power-plan.ts';
import { planState, type StateWrite } from '../../core/room/state-plan.ts';

/** Everything that a room needs to be as it should. Empty where it is. */
export type KeepPlan = {
  readonly members: MemberPlan;
  readonly powers: PowerWrite | undefined;
  readonly writes: readonly StateWrite[];
};

/** The one write of power levels. */
export type PowerWrite = {
  readonly content: Content;
  /** What of it gives nobody anything; undefined where that is nothing. */
  readonly less: Content | undefined;
  /** Whose power it changes, and why; of the room itself under an empty name. */
  readonly notes: readonly PowerNote[];
};

export type PowerNote = {
  readonly userId: string;
  readonly why: string;
  readonly revision: number | null;
  readonly isRaise: boolean;
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
  /** The Spaces that it stands in, from the nearest up. */
  readonly above: readonly ActualRoom[];
  readonly roomIdOf: (resource: string) => string | undefined;
  /** How the room of a resource is, where it was read. */
  readonly known: (resource: string) => ActualRoom | undefined;
  readonly layout: readonly ManagedRoom[];
};

const NOTHING: MemberPlan = { steps: [], powers: new Map(), hashText: '' };

/**
 * What has to be done to a room: people, their powers, its state. Pure: the same view gives the same plan.
 * @param standings of the people whom it is about ({@link wantedStandings}); nobody else is touched
 */
export function keepPlan(view: KeepView, standings: ReadonlyMap<string, Standing>): KeepPlan {
  const { room, wanted, botId, serverName, roomIdOf, known, layout, hasAuthority } = view;
  const writes = planState({ room, wanted, layout, roomIdOf, known, serverName, botId });
  if (!hasAuthority)
    // Without an authority a room is put into its Space, and nothing else about it is ours to say.
    return { members: NOTHING, powers: undefined, writes: writes.filter((write) => SPACE_LINKS.has(write.type)) };
  const actual = new Map<string, { membership: 'join' | 'invite' | 'knock' | 'leave' | 'ban'; power: number }>();
  const bannedByUs = new Set<string>();
  for (const userId of standings.keys()) {
    const own = room.members.get(userId);
    if (own === undefined) continue;
    if (own.membership === 'ban' && own.sender === botId) bannedByUs.add(userId);
    actual.set(userId, { membership: own.membership, power: room.powerOf(userId) });
  }
  const members = planMembers({
    resource: view.resource,
    botId,
    actual,
    wanted: standings,
    bannedByUs,
    beyondReach: new Set(beyondReach(room, botId)),
  });
  const powers = powerWrite(view, standings);
  const policies = wanted.id === COOP_SPACE ? policiesOf(view, standings) : [];
  return { members, powers, writes: [...writes, ...policies] };
}

function powerWrite(view: KeepView, standings: ReadonlyMap<string, Standing>): PowerWrite | undefined {
  const { room, botId, wanted } = view;
  const wishes = powersOf(standings, view);
  const plan = (powers: ReadonlyMap<string, number>) =>
    planPowers({
      ...{ room, botId, readOnly: wanted.readOnly, wanted: powers },
      isManaged: (userId) => standings.has(userId),
    });
  const content = plan(wishes);
  if (content === undefined) return undefined;
  const less = plan(new Map([...wishes].map(([userId, power]) => [userId, Math.min(power, room.powerOf(userId))])));
  const { people, isOfRoom } = powerChanges(room, content);
  const notes = people.map(({ userId, from, to }): PowerNote => {
    const { why = OF_THE_ROOM, revision = null } = standings.get(userId) ?? {};
    return { userId, why: `Power ${from} becomes ${to}. ${why}`, revision, isRaise: to > from };
  });
  const ofRoom: PowerNote[] = isOfRoom ? [{ userId: '', why: OF_THE_ROOM, revision: null, isRaise: false }] : [];
  return { content, less, notes: [...ofRoom, ...notes] };
}

const OF_THE_ROOM = 'Powers are as the configuration and the roles that the authority names have it.';

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

/** People looked at in one go, a millisecond or two. */
const AT_A_TIME = 200;

/**
 * How people should stand in the room. Those who are ours, or exempt, or strangers in an open room are nobody's to move.
 * @param people Matrix ids, each any number of times
 * @param rest of ten thousand people lines would wait long, so now and then others have their turn
 */
export async function wantedStandings(
  view: KeepView,
  people: Iterable<string>,
  rest: () => Promise<void>,
): Promise<Map<string, Standing>> {
  const standings = new Map<string, Standing>();
  let looked = 0;
  for (const userId of people) {
    if (++looked % AT_A_TIME === 0) await rest();
    if (standings.has(userId) || view.isOurs(userId) || view.isExempt(userId)) continue;
    if (view.resource.require === 'none' && !view.isKnown(userId)) continue;
    const standing = throughDoor(view, userId, view.standingOf(userId));
    if (!changesNothing(view.room, userId, standing)) standings.set(userId, standing);
  }
  return standings;
}

/** Of ten thousand members most are not in most rooms, and nothing calls them there. */
function changesNothing(room: ActualRoom, userId: string, { membership, power }: Standing): boolean {
  const present = room.members.get(userId)?.membership ?? 'leave';
  if (present !== 'leave' || membership === 'in' || membership === 'banned') return false;
  return (power === 'unchanged' || power === 0) && room.powerOf(userId) === 0;
}

/**
 * What the doors make of a standing: who left by themselves is not called back; what stands in a Space is left with the
 * Space; and into rooms that one enters through a Space only those are invited who were put out, by us or by others.
 */
function throughDoor(view: KeepView, userId: string, standing: Standing): Standing {
  if (standing.membership !== 'in') return standing;
  const own = view.room.members.get(userId);
  const left = leftAbove(view, userId);
  if (left !== undefined) {
    const why = `${userId} is not in ${left.name ?? 'the Space'} any more, in which this stands.`;
    const isThere = own?.membership === 'join' || own?.membership === 'invite';
    return { ...standing, membership: isThere ? 'out' : 'may', code: 'left-space', why };
  }
  const leftThemselves = own?.membership === 'leave' && own.sender === userId;
  if (leftThemselves) return { ...standing, membership: 'may' };
  const putOut = own?.membership === 'leave' || own?.membership === 'ban';
  // The lobby stands open, and yet those who are on their way in are called there.
  const isCalled = view.wanted.join.rule === 'invite' || view.wanted.kind === 'lobby';
  // Visitors are in no Space that would let them in.
  if (isCalled || putOut || standing.code === 'visitor') return standing;
  return { ...standing, membership: 'may' };
}

/** A Space above that the person left, or is banned from. Whoever was put out of one is called back there, and stays. */
function leftAbove({ wanted, above }: KeepView, userId: string): ActualRoom | undefined {
  if (wanted.join.rule === 'public' || wanted.kind === 'admin') return undefined;
  return above.find(({ members }) => {
    const { membership, sender } = members.get(userId) ?? {};
    return membership === 'ban' || (membership === 'leave' && sender === userId);
  });
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

export const isServerList = ({ type }: StateWrite): boolean => type === 'm.room.server_acl';

/** What of a plan does not wait for anybody's word: which servers may take part was decided for all rooms at once. */
export const serversOnly = ({ writes }: KeepPlan): KeepPlan => ({
  members: NOTHING,
  powers: undefined,
  writes: writes.filter(isServerList),
});

export const onlyTakesOut = ({ members, powers, writes }: KeepPlan): boolean =>
  powers === undefined && writes.length === 0 && members.steps.every(({ kind }) => REMOVING.has(kind));

export const isEmpty = ({ members, powers, writes }: KeepPlan): boolean =>
  members.steps.length === 0 && powers === undefined && writes.length === 0;
