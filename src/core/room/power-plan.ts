import { type ActualRoom, type Content, isObject, levelOr, ownValue, type Threshold } from './actual-room.ts';
import { portalPowerLevels } from './portal-room.ts';

/** Nobody but the bot has more, whatever their role: equals cannot be demoted. */
export const MAX_HUMAN_POWER = 75;
/** In a room that is read-only nobody but the bot reaches this. */
const READ_ONLY_POWER = 100;
/** In the power levels of a room that we made read-only: what to put back when it is not any more. */
export const READ_ONLY_MARK = 'coop.causeway.read_only';
/** What people say things with; a level of its own for one of these would be a way around `events_default`. */
export const SPOKEN = [
  'm.room.message',
  'm.room.encrypted',
  'm.sticker',
  'm.reaction',
  'm.poll.start',
  'm.poll.response',
  'org.matrix.msc3381.poll.start',
  'org.matrix.msc3381.poll.response',
] as const;
/** An event has room for 65,536 bytes with all that a homeserver adds. One that is too large would change nothing at all. */
const MAX_POWERS_BYTES = 60_000;
const THRESHOLDS: readonly Threshold[] = ['state_default', 'ban', 'kick', 'redact', 'invite'];

export type PowerWish = {
  readonly room: ActualRoom;
  readonly botId: string;
  /** Power that each should have. */
  readonly wanted: ReadonlyMap<string, number>;
  /**
   * Whose entries are ours to write. Everybody else's stay as they are, to the byte. Somebody managed who is not in
   * `wanted` is one of whom nothing is known now: the entry stays, capped.
   */
  readonly isManaged: (userId: string) => boolean;
  /** Whether only the bot may speak. Taken back when false, to what was before. */
  readonly readOnly: boolean;
};

/**
 * The one content of `m.room.power_levels` to write, or undefined where there is nothing to change. Keys that we know
 * nothing of, entries of others and the order of all are kept. Left out is what the homeserver would refuse: changes for
 * which the bot has too little power ({@link botLacks} says so), and entries beyond what fits into an event (about 1,500).
 */
export function planPowers(wish: PowerWish): Record<string, unknown> | undefined {
  const { room, botId } = wish;
  const power = room.powerOf(botId);
  const isOurs = room.creators.has(botId);
  const levels = room.powerLevels ?? (isOurs ? portalPowerLevels(botId, String(room.version)) : undefined);
  if (levels === undefined || power < room.powerForState('m.room.power_levels')) return undefined;
  const draft: Record<string, unknown> = { ...levels };
  const mayMove = (from: number, to: number): boolean => from <= power && to <= power;

  if (isOurs) restoreThresholds(draft, room, botId, mayMove);
  if (levelOr(draft.events_default, 0) < 0) draft.events_default = 0;
  draft.events = raisedSpeech(draft.events);
  if (draft.events === undefined) delete draft.events;
  if (wish.readOnly) silence(draft, power);
  else unsilence(draft, mayMove);
  const users = plannedUsers(wish, draft, power);
  if (users !== undefined) draft.users = users;
  return room.powerLevels !== undefined && sameJson(draft, levels) ? undefined : draft;
}

/** Levels of a room that we made never stand lower than when we made it, and nobody has power by default. */
function restoreThresholds(
  draft: Record<string, unknown>,
  room: ActualRoom,
  botId: string,
  mayMove: (from: number, to: number) => boolean,
): void {
  const own = portalPowerLevels(botId, String(room.version));
  for (const key of THRESHOLDS) {
    const least = levelOr(own[key], 0);
    const now = room.threshold(key);
    if (now < least && mayMove(now, least)) draft[key] = least;
  }
  const users_default = levelOr(draft.users_default, 0);
  // Where the bot has no level of its own, lowering the default would be the last thing that it does.
  const botHasItsOwn = room.creatorsAreAbove || levelOr(ownValue(draft.users, botId), -1) >= 0;
  if (users_default !== 0 && botHasItsOwn && mayMove(users_default, 0)) draft.users_default = 0;
  const low = Object.entries(own.events as Readonly<Record<string, number>>).filter(([type, least]) => {
    const now = levelOr(ownValue(draft.events, type), levelOr(draft.state_default, 50));
    return now < least && mayMove(now, least);
  });
  if (low.length > 0) draft.events = { ...(isObject(draft.events) ? draft.events : {}), ...Object.fromEntries(low) };
}

/** −1 is read-only as long as nothing can be said with less than 0. */
function raisedSpeech(events: unknown): unknown {
  if (!isObject(events) || !Object.values(events).some((level) => levelOr(level, 0) < 0)) return events;
  return Object.fromEntries(Object.entries(events).map(([type, level]) => [type, levelOr(level, 0) < 0 ? 0 : level]));
}

function silence(draft: Record<string, unknown>, power: number): void {
  // In a room that we did not make the bot may have less than it takes to silence everybody.
  const level = Math.min(READ_ONLY_POWER, power);
  const before = isObject(draft[READ_ONLY_MARK]) ? draft[READ_ONLY_MARK] : undefined;
  const speech = levelOr(draft.events_default, 0);
  const events = isObject(draft.events) ? draft.events : {};
  const low = SPOKEN.filter((type) => Object.hasOwn(events, type) && levelOr(events[type], 0) < level);
  if (speech >= level && low.length === 0) return;
  draft[READ_ONLY_MARK] = {
    // Somebody who lowers a level meanwhile does not decide what it is afterwards.
    events_default: before === undefined ? speech : levelOr(before.events_default, 0),
    events: {
      ...Object.fromEntries(low.map((type) => [type, events[type]])),
      ...(isObject(before?.events) ? before.events : {}),
    },
  };
  draft.events_default = Math.max(speech, level);
  if (low.length > 0) draft.events = { ...events, ...Object.fromEntries(low.map((type) => [type, level])) };
}

function unsilence(draft: Record<string, unknown>, mayMove: (from: number, to: number) => boolean): void {
  const before = draft[READ_ONLY_MARK];
  if (before === undefined || !mayMove(levelOr(draft.events_default, 0), 0)) return;
  delete draft[READ_ONLY_MARK];
  const back = (value: unknown): number => Math.min(READ_ONLY_POWER, Math.max(0, levelOr(value, 0)));
  draft.events_default = back(ownValue(before, 'events_default'));
  const spoken = SPOKEN.filter((type) => ownValue(ownValue(before, 'events'), type) !== undefined);
  if (spoken.length === 0) return;
  const restored = spoken.map((type) => [type, back(ownValue(ownValue(before, 'events'), type))]);
  draft.events = { ...(isObject(draft.events) ? draft.events : {}), ...Object.fromEntries(restored) };
}

/** Entries in their order, new ones behind, by name; undefined where there were none and are none. */
function plannedUsers(wish: PowerWish, draft: Content, power: number): Record<string, unknown> | undefined {
  const { room, botId, wanted, isManaged } = wish;
  const fallback = levelOr(draft.users_default, 0);
  const cap = Math.min(MAX_HUMAN_POWER, power - 1);
  const isOurs = (userId: string): boolean =>
    userId !== botId && isManaged(userId) && !(room.creatorsAreAbove && room.creators.has(userId));
  const before = isObject(draft.users) ? draft.users : {};
  const entries: [string, unknown][] = [];
  for (const [userId, level] of Object.entries(before)) {
    const now = levelOr(level, fallback);
    // The homeserver lets nobody touch the entry of an equal.
    if (!isOurs(userId) || now >= power) entries.push([userId, level]);
    else {
      const goal = Math.min(wanted.get(userId) ?? now, cap);
      if (goal === now) entries.push([userId, level]);
      else if (goal !== fallback) entries.push([userId, goal]);
    }
  }
  const newcomers = [...wanted]
    .filter(([userId]) => isOurs(userId) && !Object.hasOwn(before, userId))
    .map(([userId, level]): [string, number] => [userId, Math.min(level, cap)])
    .filter(([, goal]) => goal !== fallback);
  if (newcomers.length > 0) {
    const content = { ...draft, users: Object.fromEntries(entries) };
    // To the byte, or the next plan would find room for one more. The first entry comes without a comma.
    const left = MAX_POWERS_BYTES - bytesOf(content) + (entries.length === 0 ? 1 : 0);
    entries.push(...withinBytes(newcomers, left));
  }
  return draft.users === undefined && entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Those with most power first, as they are few; what is left over does not fit. In the order of their names. */
function withinBytes(entries: readonly [string, number][], bytes: number): [string, number][] {
  let left = bytes;
  const byName = (a: [string, number], b: [string, number]): number => (a[0] < b[0] ? -1 : 1);
  return entries
    .toSorted((a, b) => b[1] - a[1] || byName(a, b))
    .filter((entry) => {
      // `["@a:x",5]` becomes `,"@a:x":5`.
      const size = bytesOf(entry) - 1;
      if (size > left) return false;
      left -= size;
      return true;
    })
    .sort(byName);
}

const encoder = new TextEncoder();
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

const NEEDED: ReadonlyArray<{ readonly what: string; readonly level: (room: ActualRoom) => number }> = [
  { what: 'change who may do what', level: (room) => room.powerForState('m.room.power_levels') },
  { what: 'decide who may come in', level: (room) => room.powerForState('m.room.join_rules') },
  { what: 'write the room’s settings', level: (room) => room.threshold('state_default') },
  { what: 'invite people', level: threshold('invite') },
  { what: 'remove people', level: threshold('kick') },
  { what: 'ban people', level: threshold('ban') },
];

function threshold(key: Threshold): (room: ActualRoom) => number {
  return (room) => room.threshold(key);
}

/**
 * What the bot has lost in a room that it keeps.
 * @returns a sentence that says what does not work and what to do, or undefined
 */
export function botLacks(room: ActualRoom, botId: string): string | undefined {
  const name = room.canonicalAlias ?? room.roomId;
  if (!room.isJoined(botId))
    return `The bot ${botId} is not in ${name} any more: nobody is let in or put out there. Invite it again.`;
  if (room.tombstone !== undefined)
    return `${name} was replaced by ${room.tombstone.replacement ?? 'another room'}. Give that one the address in the configuration.`;
  const power = room.powerOf(botId);
  for (const { what, level } of NEEDED) {
    const needed = level(room);
    if (power < needed)
      return `The bot ${botId} has power ${power} in ${name} and needs ${needed} to ${what}. Give it ${Math.max(needed, 100)} in the room’s settings.`;
  }
  return undefined;
}

/** Other people whom the bot cannot demote or put out, as they have as much power: founders of rooms that it did not make. */
export function beyondReach(room: ActualRoom, botId: string): readonly string[] {
  const users = isObject(room.powerLevels?.users) ? Object.keys(room.powerLevels.users) : [];
  const power = room.powerOf(botId);
  return [...new Set([...room.creators, ...users])]
    .filter((userId) => userId !== botId && room.powerOf(userId) >= power && room.powerOf(userId) > 0)
    .sort();
}

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
