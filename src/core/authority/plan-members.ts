import { MOST_POWER, type Resource } from './access.ts';
import type { Standing } from './standing.ts';
import { DECIDED_ENDINGS } from './visit.ts';

export type Present = 'join' | 'invite' | 'knock' | 'leave' | 'ban';
export type ActualPerson = { readonly membership: Present; readonly power: number };

type StepOf<Kind extends string, Revision> = {
  readonly kind: Kind;
  readonly userId: string;
  readonly why: string;
  readonly code: string;
  /** Of the authority's statement that it rests on. */
  readonly revision: Revision;
};
/** What takes away always rests on a positive statement. `withdraw`: an invitation; `reject`: a knock. */
export type Removal = StepOf<'kick' | 'withdraw' | 'reject' | 'ban', number>;
export type Grant = StepOf<'invite' | 'unban', number | null>;
export type Step = Removal | Grant;

export type MemberPlan = {
  /** In the order in which to do them: what takes away first. */
  readonly steps: readonly Step[];
  /** Explicit powers of managed people that differ from what they should be. */
  readonly powers: ReadonlyMap<string, number>;
  /** The same for plans that do the same; for a hash. */
  readonly hashText: string;
  /** Who of those present is removed, and who of them loses power; for the guard. Whose visit ended is not asked about. */
  readonly removes?: readonly string[];
  readonly demotes?: readonly string[];
};

export type MembersInput = {
  readonly resource: Resource;
  readonly botId: string;
  /** By Matrix id. */
  readonly actual: ReadonlyMap<string, ActualPerson>;
  /** For everybody whom we manage. Who is missing here is not touched. */
  readonly wanted: ReadonlyMap<string, Standing>;
  /** Bans that we set; nobody else's is lifted. */
  readonly bannedByUs: ReadonlySet<string>;
  /** As much power as the bot has: the homeserver lets nobody put them out or demote them. They may be invited. */
  readonly beyondReach: ReadonlySet<string>;
};

/** Whether somebody has already what a step would give: by another plan for the same room, or from a person. What takes away is done in any case. */
export const isGiven = ({ kind }: Step, now: Pick<ActualPerson, 'membership'> | undefined): boolean =>
  kind === 'invite' && (now?.membership === 'invite' || now?.membership === 'join');

type Kind = Step['kind'];
const ORDER: readonly Kind[] = ['ban', 'kick', 'withdraw', 'reject', 'unban', 'invite'];

/** What takes somebody out of the room from where they are; nothing where they are out already. */
const REMOVALS: Readonly<Record<'out' | 'banned', Readonly<Record<Present, Removal['kind'] | undefined>>>> = {
  out: { join: 'kick', invite: 'withdraw', knock: 'reject', leave: undefined, ban: undefined },
  banned: { join: 'ban', invite: 'ban', knock: 'ban', leave: 'ban', ban: undefined },
};
/** A ban is lifted by what the authority says of a person, not by its silence or its having forgotten them. */
const NO_PARDON: ReadonlySet<string> = new Set(['stranger', 'waiting', 'stale']);
const NO_BANS: ReadonlySet<string> = new Set();
const NOBODY: ActualPerson = { membership: 'leave', power: 0 };

/** What to do so that the people of a room are those who should be in it. Carried out, it leaves nothing to do. */
export function planMembers({ resource, botId, actual, wanted, bannedByUs, beyondReach }: MembersInput): MemberPlan {
  const steps: Step[] = [];
  const powers = new Map<string, number>();
  const removes: string[] = [];
  const demotes: string[] = [];
  for (const [userId, standing] of wanted) {
    if (userId === botId) continue;
    const person = actual.get(userId) ?? NOBODY;
    if (beyondReach.has(userId)) {
      steps.push(...grantsOf(userId, person, standing, NO_BANS));
      continue;
    }
    const removal = removalOf(userId, person, standing);
    const own = removal === undefined ? grantsOf(userId, person, standing, bannedByUs) : [removal];
    steps.push(...own);
    if (removal !== undefined && isPresent(person) && !DECIDED_ENDINGS.has(standing.code)) removes.push(userId);
    const power = powerOf(person, standing);
    if (power === undefined || power === person.power) continue;
    powers.set(userId, power);
    if (removal === undefined && isPresent(person) && power < person.power) demotes.push(userId);
  }
  steps.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || compare(a.userId, b.userId));
  const sorted = new Map([...powers].sort(([a], [b]) => compare(a, b)));
  const lines = [
    ...steps.map(({ kind, userId }) => `${kind} ${userId}`),
    ...[...sorted].map(([userId, power]) => `power ${userId} ${power}`),
  ];
  return {
    steps,
    powers: sorted,
    hashText: lines.length === 0 ? '' : [resource.id, ...lines].join('\n'),
    removes: removes.sort(compare),
    demotes: demotes.sort(compare),
  };
}

function removalOf(userId: string, { membership }: ActualPerson, standing: Standing): Removal | undefined {
  const { why, code, revision } = standing;
  if (standing.membership !== 'out' && standing.membership !== 'banned') return undefined;
  const kind = REMOVALS[standing.membership][membership];
  return kind === undefined || revision === null ? undefined : { kind, userId, why, code, revision };
}

function grantsOf(
  userId: string,
  { membership }: ActualPerson,
  { membership: wish, why, code, revision }: Standing,
  bannedByUs: ReadonlySet<string>,
): Grant[] {
  if (wish !== 'in' && wish !== 'may') return [];
  const isBanned = membership === 'ban';
  const isPardoned = isBanned && bannedByUs.has(userId) && revision !== null && !NO_PARDON.has(code);
  if (isBanned && !isPardoned) return [];
  const isInvited = wish === 'in' && membership !== 'join' && membership !== 'invite';
  return [
    ...(isPardoned ? [{ kind: 'unban' as const, userId, why, code, revision }] : []),
    ...(isInvited ? [{ kind: 'invite' as const, userId, why, code, revision }] : []),
  ];
}

/** Power that a person should have; undefined where nothing says so. Only those who are there are silenced. */
function powerOf(person: ActualPerson, { membership, power }: Standing): number | undefined {
  if (power === 'unchanged') return undefined;
  const stays = membership !== 'out' && membership !== 'banned';
  const counts = stays && (isPresent(person) || power > 0);
  return counts ? Math.min(power, MOST_POWER) : 0;
}

const isPresent = ({ membership }: ActualPerson): boolean => membership === 'join' || membership === 'invite';
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
