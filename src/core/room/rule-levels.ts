import { sameValue } from '../authority/same-value.ts';
import { type Content, isObject, levelOr, ownValue } from './actual-room.ts';
import type { Stance } from './channel-rules.ts';
import { SPOKEN } from './power-plan.ts';

/** One level that stands otherwise because of a channel's modes. */
export type LevelChange = {
  readonly path: readonly string[];
  /** What stood there; empty where nothing did. */
  readonly was: readonly unknown[];
  readonly set: unknown;
};

export type LevelWish = {
  readonly moderated: boolean;
  readonly topicLocked: boolean;
  /** Matrix ids that may speak while it is moderated. */
  readonly speakers: readonly string[];
  /** A room of our making: what it takes to change its topic was our choice. */
  readonly isOurs: boolean;
};

/** Power that changes the topic where only operators may, and in rooms as we make them. */
export const TOPIC_POWER = 50;
const MESSAGE = 'm.room.message';
const TOPIC = 'm.room.topic';
const REDACTION = 'm.room.redaction';
/** An event has room for 65,536 bytes with all that a homeserver adds. */
const MAX_LEVELS_BYTES = 60_000;

/**
 * The levels without what a channel's modes changed: each goes back to what it was, to the byte. What somebody else set meanwhile is theirs,
 * and stays.
 */
export function withoutRules(levels: Content, changes: readonly LevelChange[]): Content {
  let draft = levels;
  for (const { path, was, set } of changes.toReversed())
    if (sameValue(valueAt(draft, path), set)) draft = withValue(draft, path, was);
  return draft;
}

/**
 * The levels with what a channel's modes ask.
 * @param natural as they are without ({@link withoutRules})
 */
export function withRules(natural: Content, wish: LevelWish): { levels: Content; changes: readonly LevelChange[] } {
  let levels = natural;
  const changes: LevelChange[] = [];
  const set = (path: readonly string[], value: unknown): void => {
    const before = valueAt(levels, path);
    levels = withValue(levels, path, [value]);
    changes.push({ path, was: before === undefined ? [] : [before], set: value });
  };
  const setIn = (holder: string, key: string, level: number): void => {
    if (!isObject(ownValue(levels, holder))) set([holder], {});
    set([holder, key], level);
  };
  const base = levelOr(natural.users_default, 0);
  if (wish.moderated) {
    const level = base + 1;
    const speech = levelOr(natural.events_default, 0);
    const events = isObject(natural.events) ? natural.events : {};
    // Whoever may not speak may take back what they said.
    if (speech < level && !Object.hasOwn(events, REDACTION)) setIn('events', REDACTION, speech);
    if (speech < level) set(['events_default'], level);
    for (const type of SPOKEN)
      if (Object.hasOwn(events, type) && levelOr(events[type], 0) < level) setIn('events', type, level);
    if (speechLevel(levels) <= level) {
      let bytes = Buffer.byteLength(JSON.stringify(levels));
      for (const userId of new Set(wish.speakers)) {
        // Who has a level of their own has it from somebody.
        if (levelOr(ownValue(natural.users, userId), base) !== base) continue;
        bytes += Buffer.byteLength(JSON.stringify([userId, level]));
        if (bytes > MAX_LEVELS_BYTES) break;
        setIn('users', userId, level);
      }
    }
  }
  const topic = topicLevel(natural);
  if (wish.topicLocked && topic <= base) setIn('events', TOPIC, Math.max(TOPIC_POWER, base + 1));
  if (!wish.topicLocked && wish.isOurs && topic === TOPIC_POWER && base < topic) setIn('events', TOPIC, base);
  return { levels, changes };
}

/** What the levels say that a channel has modes for. */
export function stanceOf(levels: Content): Required<Pick<Stance, 'moderated' | 'topicLocked'>> {
  const base = levelOr(levels.users_default, 0);
  return { moderated: speechLevel(levels) > base, topicLocked: topicLevel(levels) > base };
}

/** Rules by which people come in without being invited. */
const OPEN_DOORS: ReadonlySet<unknown> = new Set(['public', 'restricted', 'knock_restricted']);

export const isOpenDoor = (joinRules: Content | undefined): boolean => OPEN_DOORS.has(joinRules?.join_rule);

const speechLevel = (levels: Content): number =>
  levelOr(ownValue(levels.events, MESSAGE), levelOr(levels.events_default, 0));

const topicLevel = (levels: Content): number =>
  levelOr(ownValue(levels.events, TOPIC), levelOr(levels.state_default, 50));

function valueAt(holder: Content, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => ownValue(value, key), holder);
}

/** @param value empty: nothing */
function withValue(holder: Content, path: readonly string[], value: readonly unknown[]): Content {
  const [key = '', ...rest] = path;
  const inner = ownValue(holder, key);
  if (rest.length > 0) return isObject(inner) ? { ...holder, [key]: withValue(inner, rest, value) } : holder;
  const { [key]: _, ...others } = holder;
  // In its place, where there was one: the order is somebody's too.
  if (value.length === 0) return others;
  return { ...holder, [key]: value[0] };
}
