import { type Content, isObject, ownValue } from './actual-room.ts';
import type { RulesOnMatrix, Stance } from './channel-rules.ts';
import type { LevelChange } from './rule-levels.ts';

/** What a channel asked of its room. */
export type Asked = { readonly open: boolean; readonly rules?: RulesOnMatrix };

/** What is remembered of a room that follows its channel's modes; all that is needed to put it back. */
export type RuleRecord = {
  /** Which room it is about: a link may get another. */
  readonly room?: string;
  /** Levels that stand otherwise because of the channel. */
  readonly changes: readonly LevelChange[];
  /** Join rules before we closed the door. */
  readonly door?: Content;
  /** How the room stood when it last agreed with its channel, as far as it ever did. */
  readonly seen?: Stance;
  /** What stood there when it was last open: a value, or nothing. */
  readonly speech?: readonly unknown[];
  readonly topic?: readonly unknown[];
  readonly joinRules?: Content;
  /** What the channel asked last, by its own word. */
  readonly asked?: Asked;
  /** What was made of the channel from the room, and it has not said itself yet: of that {@link asked} is older. */
  readonly set?: Stance;
  /** The room could not be brought to that, since our bot may not: tried again when its levels change. */
  readonly isBehind?: boolean;
};

export const NO_RECORD: RuleRecord = { changes: [] };

/** What of a stance is another than the room had when it last agreed with its channel, and than the channel has. What was never seen is no news. */
export function newsIn(stance: Stance, { seen = {}, set = {}, asked }: RuleRecord): Stance {
  const news = Object.entries(stance).filter(([what, now]) => {
    const [before, isSet] = [seen[what as keyof Stance], set[what as keyof Stance] !== undefined];
    return before !== undefined && before !== now && (asked === undefined || isSet || differs({ [what]: now }, asked));
  });
  return Object.fromEntries(news);
}

/**
 * How a room stood when it last agreed with its channel. What somebody has made of it that the channel does not know yet is not among that: it
 * has still to be tried there.
 */
export function agreedStance(now: Stance, { seen = {}, set = {}, asked }: RuleRecord): Stance {
  const agreed = Object.entries(now).map(([what, stands]) => {
    const isSet = set[what as keyof Stance] !== undefined;
    const isTold = asked !== undefined && !isSet && !differs({ [what]: stands }, asked);
    return [what, isTold ? stands : (seen[what as keyof Stance] ?? stands)];
  });
  return Object.fromEntries(agreed);
}

/** What the channel has still to say itself: neither what it says now, nor what the room was brought to at its word. */
export function stillSet({ set = {} }: RuleRecord, asked: Asked, isBrought: (what: string) => boolean): Stance {
  const left = Object.entries(set).filter(([what, value]) => !isBrought(what) && differs({ [what]: value }, asked));
  return Object.fromEntries(left);
}

/** Whether the channel does not stand so. */
export function differs({ moderated, topicLocked, closed }: Stance, { open, rules }: Asked): boolean {
  return (
    (closed !== undefined && closed === open) ||
    (moderated !== undefined && moderated !== rules?.moderated) ||
    (topicLocked !== undefined && topicLocked !== rules?.topicLocked)
  );
}

/** Somebody closed, in the room, what the channel has closed for them: from now on it is the channel's, and goes when that opens it. */
export function takenOver(record: RuleRecord, stance: Stance, levels: Content): RuleRecord {
  const changes = [...record.changes];
  const take = (path: readonly string[], was: readonly unknown[] | undefined): void => {
    const set = path.reduce<unknown>((value, key) => ownValue(value, key), levels);
    if (set !== undefined && was !== undefined) changes.push({ path, was, set });
  };
  if (stance.moderated === true) take(['events_default'], record.speech);
  if (stance.topicLocked === true) take(['events', 'm.room.topic'], record.topic);
  const { joinRules } = record;
  return { ...record, changes, ...(stance.closed === true && joinRules !== undefined ? { door: joinRules } : {}) };
}

/** As it was stored by us; an empty one for what cannot be read. */
export function parseRecord(text: string | undefined): RuleRecord {
  const stored: unknown = text === undefined ? undefined : JSON.parse(text);
  return isObject(stored) && Array.isArray(stored.changes) ? (stored as RuleRecord) : NO_RECORD;
}
