import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type ActualRoom, applyEvent, readRoom } from '../../../src/core/room/actual-room.ts';
import { portalPowerLevels } from '../../../src/core/room/portal-room.ts';
import {
  beyondReach,
  botLacks,
  MAX_HUMAN_POWER,
  planPowers,
  READ_ONLY_MARK,
} from '../../../src/core/room/power-plan.ts';
import { BOT, created, levels, member, ROOM, state } from './support.ts';

const OWN = portalPowerLevels(BOT, '11');
const made = (content: object = OWN, version = '11'): ActualRoom =>
  readRoom(ROOM, [created(version), member(BOT), levels(content)]);
const adopted = (content: object): ActualRoom =>
  readRoom(ROOM, [created('11', {}, '@founder:y'), member(BOT), levels(content)]);
const withUsers = (users: object, more: object = {}) => ({ ...OWN, users: { [BOT]: 100, ...users }, ...more });

const plan = (room: ActualRoom, wanted: Record<string, number>, readOnly = false) =>
  planPowers({
    room,
    botId: BOT,
    wanted: new Map(Object.entries(wanted)),
    isManaged: (userId) => userId.startsWith('@m') || userId === BOT,
    readOnly,
  });

describe('the powers of people', () => {
  test('are written in one content, new ones behind, by name', () => {
    assert.deepEqual(
      plan(made(withUsers({ '@guest:y': 30, '@m1:x': 50 })), { '@m3:x': 50, '@m2:x': -1, '@m1:x': 75 }),
      {
        ...OWN,
        users: { [BOT]: 100, '@guest:y': 30, '@m1:x': 75, '@m2:x': -1, '@m3:x': 50 },
      },
    );
  });

  test('that are the default are removed and not written', () => {
    const room = made(withUsers({ '@m1:x': 50 }));
    assert.deepEqual(plan(room, { '@m1:x': 0, '@m2:x': 0 })?.users, { [BOT]: 100 });
    assert.equal(plan(made(), { '@m1:x': 0 }), undefined);
  });

  test('never reach the bot’s, wanted or drifted', () => {
    const room = made(withUsers({ '@m1:x': 99, '@m2:x': 80 }));
    assert.deepEqual(plan(room, { '@m2:x': 100, '@m3:x': 1_000 })?.users, {
      [BOT]: 100,
      '@m1:x': MAX_HUMAN_POWER,
      '@m2:x': MAX_HUMAN_POWER,
      '@m3:x': MAX_HUMAN_POWER,
    });
    const half = adopted({ users: { [BOT]: 50 } });
    assert.deepEqual(plan(half, { '@m1:x': 50 })?.users, { [BOT]: 50, '@m1:x': 49 });
  });

  test('stay where nobody knows anything, and where they are nobody’s of ours', () => {
    assert.equal(
      plan(made(withUsers({ '@m1:x': 50, '@guest:y': 90, '@odd:y': 'high' })), { '@guest:y': 0 }),
      undefined,
    );
  });

  test('stay where the homeserver would not let the bot touch them', () => {
    const room = adopted({ users: { [BOT]: 100, '@m1:x': 100, '@m2:x': 60 } });
    assert.deepEqual(plan(room, { '@m1:x': 0, '@m2:x': 0 })?.users, { [BOT]: 100, '@m1:x': 100 });
  });

  test('never name a creator in version 12, nor the bot in any', () => {
    const content = { ...portalPowerLevels(BOT, '12') };
    const room = readRoom(ROOM, [created('12', { additional_creators: ['@m1:x'] }), member(BOT), levels(content)]);
    assert.deepEqual(plan(room, { [BOT]: 10, '@m1:x': 50, '@m2:x': 50 })?.users, { '@m2:x': 50 });
    assert.equal(plan(made(), { [BOT]: 10 }), undefined);
  });
});

describe('the powers of more people than fit into an event', () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`@m${i}:willow.example`, i < 10 ? 50 : -1]));
  test('are written as far as they fit, those with most first, and that is all', () => {
    const room = made();
    const next = plan(room, many) ?? {};
    const users = next.users as Record<string, number>;
    const size = JSON.stringify(next).length;
    assert.ok(size > 59_000 && size <= 60_000, String(size));
    assert.equal(Object.values(users).filter((level) => level === 50).length, 10);
    applyEvent(room, levels(next));
    assert.equal(plan(room, many), undefined);
  });
});

describe('the levels of a room', () => {
  test('that we made are put back where somebody lowered them, and stay where somebody raised them', () => {
    const events = { ...(OWN.events as object), 'm.room.encryption': 0, 'm.room.topic': 75, 'x.own': 3 };
    const room = made({ ...OWN, kick: 0, ban: 75, invite: 0, users_default: 50, events, 'x.more': [1] });
    assert.deepEqual(plan(room, {}), {
      ...OWN,
      ban: 75,
      events: { ...(OWN.events as object), 'm.room.topic': 75, 'x.own': 3 },
      'x.more': [1],
    });
  });

  test('that others made are theirs, as long as −1 cannot speak', () => {
    assert.equal(plan(adopted({ users: { [BOT]: 100 }, kick: 0, users_default: 10 }), {}), undefined);
    const room = adopted({ users: { [BOT]: 100 }, events_default: -5, events: { 'm.reaction': -1, 'x.y': 5 } });
    assert.deepEqual(plan(room, {}), {
      users: { [BOT]: 100 },
      events_default: 0,
      events: { 'm.reaction': 0, 'x.y': 5 },
    });
  });

  test('are those of a new room where a room that we made has none', () => {
    const bare = readRoom(ROOM, [created('11'), member(BOT)]);
    assert.deepEqual(plan(bare, { '@m1:x': 50 }), { ...OWN, users: { [BOT]: 100, '@m1:x': 50 } });
    assert.equal(plan(readRoom(ROOM, [created('11', {}, '@founder:y'), member(BOT)]), { '@m1:x': 50 }), undefined);
  });

  test('make it read-only and give back what was before, special levels included', () => {
    const events = { ...(OWN.events as object), 'm.reaction': 0 };
    const room = made({ ...OWN, events_default: 5, events });
    const asleep = plan(room, {}, true) ?? {};
    assert.deepEqual(asleep, {
      ...OWN,
      events_default: 100,
      events: { ...events, 'm.reaction': 100 },
      [READ_ONLY_MARK]: { events_default: 5, events: { 'm.reaction': 0 } },
    });
    applyEvent(room, levels(asleep));
    assert.equal(plan(room, {}, true), undefined);
    assert.deepEqual(plan(room, {}), { ...OWN, events_default: 5, events });
  });

  test('of a room where by the wish of others only the bot speaks stay so', () => {
    assert.equal(plan(made({ ...OWN, events_default: 100 }), {}), undefined);
    assert.equal(plan(made({ ...OWN, events_default: 100 }), {}, true), undefined);
  });

  test('silence as far as the bot may, where it has less', () => {
    const room = adopted({ users: { [BOT]: 60 }, events: { 'm.room.power_levels': 60 } });
    assert.equal(plan(room, {}, true)?.events_default, 60);
  });
});

describe('any plan (invariants 6, 10, 17)', () => {
  const userId = fc.constantFrom(BOT, '@m1:x', '@m2:x', '@m3:x', '@o1:y', '@o2:y', '__proto__');
  const level = fc.oneof(fc.integer({ min: -2, max: 101 }), fc.jsonValue());
  const content = fc.record(
    {
      users: fc.oneof({ weight: 9, arbitrary: fc.dictionary(userId, level) }, { weight: 1, arbitrary: fc.jsonValue() }),
      users_default: level,
      events_default: level,
      events: fc.dictionary(fc.constantFrom('m.room.message', 'm.reaction', 'm.room.power_levels', 'x'), level),
      kick: level,
      unknown: fc.jsonValue(),
      [READ_ONLY_MARK]: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const room = fc
    .tuple(fc.constantFrom('9', '11', '12'), fc.constantFrom(BOT, '@o1:y'), content)
    .map(([version, creator, given]) => readRoom(ROOM, [created(version, {}, creator), member(BOT), levels(given)]));
  const wanted = fc.dictionary(userId, fc.integer({ min: -1, max: 200 }));

  test('is followed by none, leaves the others as they are, and puts nobody of ours above the bot', () => {
    fc.assert(
      fc.property(room, wanted, fc.boolean(), (actual, wish, readOnly) => {
        const before = actual.powerLevels ?? {};
        const next = plan(actual, wish, readOnly);
        if (next === undefined) return;
        const entries = (holder: unknown) =>
          typeof holder === 'object' && holder !== null ? Object.entries(holder) : [];
        const others = (of: Readonly<Record<string, unknown>>) =>
          JSON.stringify(entries(of.users).filter(([id]) => id.startsWith('@o')));
        if (typeof before.users === 'object' && !Array.isArray(before.users))
          assert.equal(others(next), others(before));
        assert.equal(JSON.stringify(next.unknown), JSON.stringify(before.unknown));
        const bot = actual.powerOf(BOT);
        const untouchable = new Set(entries(before.users).flatMap(([id]) => (actual.powerOf(id) >= bot ? [id] : [])));
        applyEvent(actual, state('m.room.power_levels', next));
        assert.equal(actual.powerOf(BOT), bot);
        for (const id of ['@m1:x', '@m2:x', '@m3:x'])
          if (Object.hasOwn(next.users ?? {}, id) && !untouchable.has(id))
            assert.ok(actual.powerOf(id) < bot && actual.powerOf(id) <= MAX_HUMAN_POWER, `${id} ${actual.powerOf(id)}`);
        assert.equal(plan(actual, wish, readOnly), undefined);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a bot that lost something (invariant 41)', () => {
  const LOST: ReadonlyArray<readonly [name: string, room: ActualRoom, says: RegExp | undefined]> = [
    ['nothing', made(), undefined],
    ['nothing, as the creator in version 12', made(portalPowerLevels(BOT, '12'), '12'), undefined],
    [
      'its place',
      readRoom(ROOM, [created('11'), member(BOT, 'leave', '@m1:x'), levels(OWN)]),
      /is not in !r:x any more/,
    ],
    [
      'its power',
      made({ ...OWN, users: {} }),
      /has power 0 in !r:x and needs 100 to change who may do what\. Give it 100/,
    ],
    ['the power to ban', adopted({ users: { [BOT]: 100 }, ban: 101 }), /needs 101 to ban people\. Give it 101/],
    [
      'the room',
      readRoom(ROOM, [created('11'), member(BOT), levels(OWN), state('m.room.tombstone', {})]),
      /replaced by another room/,
    ],
  ];
  for (const [name, room, says] of LOST)
    test(`says so: ${name}`, () => {
      const said = botLacks(room, BOT);
      if (says === undefined) assert.equal(said, undefined);
      else assert.match(said ?? 'nothing', says);
    });
});

describe('people whom the bot cannot demote', () => {
  test('are its equals, and creators in version 12', () => {
    assert.deepEqual(beyondReach(made(), BOT), []);
    assert.deepEqual(beyondReach(adopted({ users: { '@z:y': 100, [BOT]: 100, '@a:y': 99, '@b:y': '120' } }), BOT), [
      '@b:y',
      '@z:y',
    ]);
    const twelve = (creator: string, more: object = {}) =>
      readRoom(ROOM, [created('12', more, creator), member(BOT), levels({ users: { '@a:y': 1_000 } })]);
    assert.deepEqual(beyondReach(twelve(BOT), BOT), []);
    assert.deepEqual(beyondReach(twelve(BOT, { additional_creators: ['@c:y'] }), BOT), ['@c:y']);
    assert.deepEqual(beyondReach(twelve('@o:y'), BOT), ['@a:y', '@o:y']);
  });
});
