import { sameValue } from '../../core/authority/same-value.ts';
import { ok, type Result } from '../../core/errors.ts';
import { type Content, ownValue, readRoom } from '../../core/room/actual-room.ts';
import type { RulesOnMatrix } from '../../core/room/channel-rules.ts';
import {
  isOpenDoor,
  type LevelChange,
  stanceOf,
  TOPIC_POWER,
  withoutRules,
  withRules,
} from '../../core/room/rule-levels.ts';
import { type Asked, agreedStance, type RuleRecord, stillSet } from '../../core/room/rule-record.ts';
import type { Kit } from '../kit.ts';

export const LEVELS = 'm.room.power_levels';
const DOOR = 'm.room.join_rules';

export type BringParts = {
  readonly kit: Kit;
  readonly room: string;
  /** Rooms of our making begin closed on this network, and are opened when the channel is known to be open. */
  readonly isStrict: boolean;
  /** Matrix ids of those who may speak. */
  readonly speakers: readonly string[];
  /** Resolves once it is on disk. */
  readonly note: (record: RuleRecord) => Promise<void>;
};

/** What was brought: the record as it is then, and the last event that came of it. */
type Brought = { readonly record: RuleRecord; readonly eventId: string };
/** One part of it, with the content that the room has then. */
type Part = Brought & { readonly content: Content | undefined; readonly isRefused: boolean };

/**
 * Brings a room to what its channel asks. What stands there is noted before it is overwritten: whoever is stopped in between finds one of the
 * two, and knows of either what it was. What the homeserver does not let us write stays as it is.
 * @returns an error of any `retry` but `never`: to be repeated as a whole
 */
export async function bringRoom(parts: BringParts, before: RuleRecord, asked: Asked): Promise<Result<Brought>> {
  const door = await bringDoor(parts, before, asked.open);
  if (!door.ok) return door;
  const levels = await bringLevels(parts, door.value.record, asked.rules);
  if (!levels.ok) return levels;
  const { room, note } = parts;
  const rules = asked.rules ?? before.asked?.rules;
  const [joinRules, content] = [door.value.content, levels.value.content ?? {}];
  const stance = { ...stanceOf(content), closed: !isOpenDoor(joinRules) };
  const { isBehind: _, ...known } = levels.value.record;
  const told = { open: asked.open, ...(rules === undefined ? {} : { rules }) };
  const isBrought = (what: string) => (what === 'closed' ? door : levels).value.eventId !== '';
  const next: RuleRecord = {
    ...known,
    set: stillSet(known, told, isBrought),
    ...(stance.moderated ? {} : { speech: at(content, 'events_default') }),
    ...(stance.topicLocked ? {} : { topic: at(content.events, 'm.room.topic') }),
    ...(stance.closed || joinRules === undefined ? {} : { joinRules }),
    room,
    asked: told,
    ...(door.value.isRefused || levels.value.isRefused ? { isBehind: true } : {}),
  };
  const record = { ...next, seen: agreedStance(stance, next) };
  await note(record);
  return ok({ record, eventId: levels.value.eventId || door.value.eventId });
}

/** Puts a room back that follows its channel no longer. */
export async function releaseRoom(
  { homeserver }: Kit,
  room: string,
  { changes, door }: RuleRecord,
): Promise<Result<unknown>> {
  const levels = await homeserver.stateContent(room, LEVELS, '');
  if (!levels.ok) return levels;
  const natural = withoutRules(levels.value ?? {}, changes);
  if (!sameValue(natural, levels.value ?? {})) {
    const sent = await homeserver.sendState(homeserver.botId, room, LEVELS, '', natural);
    if (!sent.ok && sent.error.retry !== 'never') return sent;
  }
  if (door === undefined) return ok('');
  const now = await homeserver.stateContent(room, DOOR, '');
  if (!now.ok || now.value?.join_rule !== 'invite') return now;
  return homeserver.sendState(homeserver.botId, room, DOOR, '', door);
}

/** What was closed by us is opened as it was, to the byte; what was closed in another way is not ours to open. */
async function bringDoor(parts: BringParts, before: RuleRecord, open: boolean): Promise<Result<Part>> {
  const { kit, room, isStrict, note } = parts;
  const now = await kit.homeserver.stateContent(room, DOOR, '');
  if (!now.ok) return now;
  const as: Part = { record: before, eventId: '', content: now.value, isRefused: false };
  if (!open) {
    if (!isOpenDoor(now.value)) return ok(as);
    const record = { ...before, ...(now.value === undefined ? {} : { door: now.value }) };
    await note(record);
    return write(parts, DOOR, { ...as, record }, { join_rule: 'invite' });
  }
  const isClosed = now.value?.join_rule === 'invite';
  const { door, ...others } = before;
  if (door !== undefined && isClosed) {
    const opened = await write(parts, DOOR, as, door);
    return !opened.ok || opened.value.isRefused ? opened : ok({ ...opened.value, record: others });
  }
  if (door !== undefined || !isClosed || !isStrict) return ok({ ...as, record: others });
  const isOwn = await isOurs(kit, room);
  if (!isOwn.ok || !isOwn.value) return isOwn.ok ? ok({ ...as, record: others }) : isOwn;
  return write(parts, DOOR, { ...as, record: others }, { join_rule: 'public' });
}

async function bringLevels(
  parts: BringParts,
  record: RuleRecord,
  rules: RulesOnMatrix | undefined,
): Promise<Result<Part>> {
  const { kit, room, speakers, note } = parts;
  const now = await kit.homeserver.stateContent(room, LEVELS, '');
  if (!now.ok) return now;
  const as: Part = { record, eventId: '', content: now.value, isRefused: false };
  if (now.value === undefined || rules === undefined) return ok(as);
  const natural = withoutRules(now.value, record.changes);
  const { moderated, topicLocked } = rules;
  // Only what would be opened has to be ours.
  const mayOpen = !topicLocked && ownValue(natural.events, 'm.room.topic') === TOPIC_POWER;
  const isOwn = mayOpen ? await isOurs(kit, room) : ok(false);
  if (!isOwn.ok) return isOwn;
  const { levels, changes } = withRules(natural, { moderated, topicLocked, speakers, isOurs: isOwn.value });
  if (sameValue(levels, now.value)) return ok({ ...as, record: { ...record, changes } });
  const may = await mayWrite(kit, room);
  if (!may.ok || !may.value) return may.ok ? ok({ ...as, isRefused: true }) : may;
  await note({ ...record, changes: together(record.changes, changes) });
  const sent = await write(parts, LEVELS, as, levels);
  return !sent.ok || sent.value.isRefused ? sent : ok({ ...sent.value, record: { ...record, changes } });
}

async function write({ kit, room }: BringParts, type: string, as: Part, content: Content): Promise<Result<Part>> {
  const { homeserver, log } = kit;
  const sent = await homeserver.sendState(homeserver.botId, room, type, '', content);
  if (sent.ok) return ok({ ...as, eventId: sent.value, content });
  if (sent.error.retry !== 'never') return sent;
  log.warn('a room does not follow its channel, since the bot may not change it', { room, why: sent.error.text });
  return ok({ ...as, isRefused: true });
}

const at = (holder: unknown, key: string): readonly unknown[] => {
  const value = ownValue(holder, key);
  return value === undefined ? [] : [value];
};

/** Each once: what is tried again and again is noted again and again. */
function together(before: readonly LevelChange[], more: readonly LevelChange[]): readonly LevelChange[] {
  const known = new Set(before.map((change) => JSON.stringify(change)));
  return [...before, ...more.filter((change) => !known.has(JSON.stringify(change)))];
}

/** Whether we made it. Reads the whole state: not for every look. */
const isOurs = (kit: Kit, room: string): Promise<Result<boolean>> =>
  asked(kit, room, (state) =>
    state.some(({ type, sender }) => type === 'm.room.create' && sender === kit.homeserver.botId),
  );

const mayWrite = (kit: Kit, room: string): Promise<Result<boolean>> =>
  asked(kit, room, (state) => {
    const actual = readRoom(room, state);
    return actual.powerOf(kit.homeserver.botId) >= actual.powerForState(LEVELS);
  });

/** @returns an error of any `retry` but `never`: not to know it now is no answer */
async function asked(
  { homeserver }: Kit,
  room: string,
  look: (state: Parameters<typeof readRoom>[1]) => boolean,
): Promise<Result<boolean>> {
  const state = await homeserver.state(room);
  if (state.ok) return ok(look(state.value));
  return state.error.retry === 'never' ? ok(false) : state;
}
