/** What to change at a channel's door, from how it shall stand and how it stands. Removals come before admissions. */
import type { DoorWays } from './account-masks.ts';
import { isPlainAccount } from './account-masks.ts';
import { type Casemapping, fold } from './casemap.ts';
import type { Isupport } from './isupport.ts';
import type { ModeChange } from './modes.ts';

export type WantedDoor = {
  readonly membersOnly: boolean;
  readonly accounts: readonly string[];
  readonly bannedAccounts: readonly string[];
  /** Bans of ours that are there for another reason, and stay. */
  readonly otherBans?: readonly string[];
  /** The bot's own entry among the exceptions, so that it finds its way back in after a lost connection. */
  readonly self: string | undefined;
};

/** `ours`: the bot set it. What others set is theirs, and stays. */
export type ListEntry = { readonly mask: string; readonly ours: boolean };

export type SeenDoor = {
  readonly closed: boolean;
  readonly bans: readonly ListEntry[];
  readonly exceptions: readonly ListEntry[];
  /** Where services keep who may come in: the mode letter of each account. */
  readonly access: ReadonlyMap<string, string> | undefined;
};

/** One account at the services: `+v` lets in, and a sign `-` with the letter that it has takes it away. */
export type AccessChange = { readonly sign: '+' | '-'; readonly letter: string; readonly account: string };

export type DoorPlan = {
  readonly modes: readonly ModeChange[];
  readonly access: readonly AccessChange[];
  readonly leftOut: ReadonlyArray<{ readonly account: string; readonly why: 'name' | 'full' | 'no-way' }>;
};

/** The status at the services that lets in and gives nothing else but a voice. */
const PASS = 'v';
/** Founders are not ours to demote. */
const FOUNDER = 'q';

export function planDoor(wanted: WantedDoor, seen: SeenDoor, ways: DoorWays, isupport: Isupport): DoorPlan {
  const { casemapping, inviteExceptions = 'I' } = isupport;
  const leftOut: Array<DoorPlan['leftOut'][number]> = [];
  const plain = (accounts: readonly string[]): readonly string[] => {
    for (const account of accounts) if (!isPlainAccount(account)) leftOut.push({ account, why: 'name' });
    return accounts.filter(isPlainAccount);
  };
  const same = (account: string): string => fold(account, casemapping);
  const banned = plain(wanted.bannedAccounts);
  const isBanned = new Set(banned.map(same));
  const admitted = wanted.membersOnly ? plain(wanted.accounts).filter((account) => !isBanned.has(same(account))) : [];

  const byAccess = seen.access !== undefined;
  const exceptionMasks = byAccess ? [] : masksOf(admitted, ways.exception, leftOut);
  const banMasks = masksOf(banned, ways.ban, leftOut);
  const room = roomIn(isupport, 'b', [seen.bans, ...(sharesRoom(isupport, inviteExceptions) ? [seen.exceptions] : [])]);
  const bans = diffList('b', banMasks, seen.bans, room, casemapping, leftOut, wanted.otherBans);
  const self =
    wanted.membersOnly && wanted.self !== undefined ? [{ account: 'the bot itself', mask: wanted.self }] : [];
  const roomLeft = sharesRoom(isupport, inviteExceptions)
    ? bans.roomLeft
    : roomIn(isupport, inviteExceptions, [seen.exceptions]);
  const exceptions = diffList(
    inviteExceptions,
    [...self, ...exceptionMasks],
    seen.exceptions,
    roomLeft,
    casemapping,
    leftOut,
  );
  const access = seen.access === undefined ? [] : diffAccess(wanted.membersOnly, admitted, isBanned, seen.access, same);
  const door: ModeChange[] =
    wanted.membersOnly === seen.closed ? [] : [{ sign: wanted.membersOnly ? '+' : '-', letter: 'i' }];
  return {
    modes: [...bans.added, ...exceptions.removed, ...door, ...exceptions.added, ...bans.removed],
    access,
    leftOut,
  };
}

type Masked = { readonly account: string; readonly mask: string };

function masksOf(
  accounts: readonly string[],
  maskOf: ((account: string) => string) | undefined,
  leftOut: Array<DoorPlan['leftOut'][number]>,
): readonly Masked[] {
  if (maskOf !== undefined) return accounts.map((account) => ({ account, mask: maskOf(account) }));
  for (const account of accounts) leftOut.push({ account, why: 'no-way' });
  return [];
}

/** Entries that still fit beside those that stand; what we take away first makes room. */
function roomIn({ listLimits }: Isupport, letter: string, lists: ReadonlyArray<readonly ListEntry[]>): number {
  const limit = listLimits.find(({ letters }) => letters.includes(letter));
  const used = lists.reduce((sum, entries) => sum + entries.length, 0);
  return limit === undefined ? Number.POSITIVE_INFINITY : Math.max(limit.most - used, 0);
}

const sharesRoom = ({ listLimits }: Isupport, letter: string): boolean =>
  listLimits.some(({ letters }) => letters.includes('b') && letters.includes(letter));

function diffList(
  letter: string,
  wanted: readonly Masked[],
  seen: readonly ListEntry[],
  room: number,
  casemapping: Casemapping,
  leftOut: Array<DoorPlan['leftOut'][number]>,
  otherBans: readonly string[] = [],
): { readonly added: readonly ModeChange[]; readonly removed: readonly ModeChange[]; readonly roomLeft: number } {
  const key = (mask: string): string => fold(mask, casemapping);
  const others = new Set(otherBans.map(key));
  const wantedKeys = new Set(wanted.map(({ mask }) => key(mask)));
  const seenKeys = new Set(seen.map(({ mask }) => key(mask)));
  const removed = seen
    .filter(({ mask, ours }) => ours && !wantedKeys.has(key(mask)) && !others.has(key(mask)))
    .map(({ mask }): ModeChange => ({ sign: '-', letter, param: mask }));
  const missing = new Map(wanted.filter(({ mask }) => !seenKeys.has(key(mask))).map((one) => [key(one.mask), one]));
  // Bans leave last, so the room that they make counts for exceptions only.
  let roomLeft = letter === 'b' ? room : room + removed.length;
  const added: ModeChange[] = [];
  for (const { account, mask } of missing.values()) {
    if (roomLeft <= 0) leftOut.push({ account, why: 'full' });
    else {
      added.push({ sign: '+', letter, param: mask });
      roomLeft--;
    }
  }
  return { added, removed, roomLeft };
}

function diffAccess(
  membersOnly: boolean,
  admitted: readonly string[],
  isBanned: ReadonlySet<string>,
  seen: ReadonlyMap<string, string>,
  same: (account: string) => string,
): readonly AccessChange[] {
  const wanted = new Set(admitted.map(same));
  const known = new Set([...seen.keys()].map(same));
  const removed: AccessChange[] = [];
  for (const [account, letter] of seen) {
    const expelled = isBanned.has(same(account)) && letter !== FOUNDER;
    // A voice on an open channel is what somebody gave for speaking, and an operator's status is a decision of people.
    const lapsed = membersOnly && letter === PASS && !wanted.has(same(account));
    if (expelled || lapsed) removed.push({ sign: '-', letter, account });
  }
  const missing = new Map(admitted.filter((account) => !known.has(same(account))).map((one) => [same(one), one]));
  return [...removed, ...[...missing.values()].map((account): AccessChange => ({ sign: '+', letter: PASS, account }))];
}
