import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Content } from '../../../src/core/room/actual-room.ts';
import { type LevelWish, stanceOf, withoutRules, withRules } from '../../../src/core/room/rule-levels.ts';

const BOT = '@bot:s';
const PLAIN: LevelWish = { moderated: false, topicLocked: true, speakers: [], isOurs: true };
const OURS = {
  users: { [BOT]: 100 },
  users_default: 0,
  events_default: 0,
  state_default: 50,
  events: { 'm.room.topic': 50, 'm.room.name': 50 },
};

describe('levels of a room that follows its channel', () => {
  test('while the channel is moderated let those speak who may there, and everybody take back what they said', () => {
    const { levels } = withRules(OURS, { ...PLAIN, moderated: true, speakers: ['@_causeway_home_ann:s', '@bob:s'] });
    assert.deepEqual(levels, {
      users: { [BOT]: 100, '@_causeway_home_ann:s': 1, '@bob:s': 1 },
      users_default: 0,
      events_default: 1,
      state_default: 50,
      events: { 'm.room.topic': 50, 'm.room.name': 50, 'm.room.redaction': 0 },
    });
  });

  test('leave alone who has a level from somebody', () => {
    const users = { [BOT]: 100, '@muted:s': -1, '@helper:s': 5 };
    const wish = { ...PLAIN, moderated: true, speakers: ['@muted:s', '@helper:s', BOT] };
    assert.deepEqual(withRules({ ...OURS, users }, wish).levels.users, users);
  });

  test('give nobody so much that they could do more than speak, where a room’s own rule asks for much', () => {
    const strict = { ...OURS, events_default: 50 };
    const { levels, changes } = withRules(strict, { ...PLAIN, moderated: true, speakers: ['@bob:s'] });
    assert.deepEqual([levels, changes], [strict, []]);
  });

  test('raise what has a level of its own by which one could speak all the same', () => {
    const events = { 'm.room.message': 0, 'm.reaction': -1, 'm.sticker': 30 };
    const { levels } = withRules({ ...OURS, events }, { ...PLAIN, moderated: true, isOurs: false });
    assert.deepEqual(levels.events, {
      'm.room.message': 1,
      'm.reaction': 1,
      'm.sticker': 30,
      'm.room.redaction': 0,
    });
  });

  test('let everybody change the topic where the channel does, in rooms of our making alone', () => {
    const open = { ...PLAIN, topicLocked: false };
    assert.equal((withRules(OURS, open).levels.events as Content)['m.room.topic'], 0);
    assert.equal(withRules(OURS, { ...open, isOurs: false }).levels, OURS);
    const chosen = { ...OURS, events: { 'm.room.topic': 75 } };
    assert.equal(withRules(chosen, open).levels, chosen);
  });

  test('let operators alone change it where the channel does', () => {
    const open = { users: { '@admin:s': 100 }, state_default: 0 };
    assert.deepEqual(withRules(open, { ...PLAIN, isOurs: false }).levels, { ...open, events: { 'm.room.topic': 50 } });
  });

  test('take no more speakers than an event has room for', () => {
    const speakers = Array.from({ length: 3_000 }, (_, i) => `@_causeway_home_${'x'.repeat(60)}${i}:server.example`);
    const { levels } = withRules(OURS, { ...PLAIN, moderated: true, speakers });
    const bytes = Buffer.byteLength(JSON.stringify(levels));
    assert.ok(bytes < 60_000 && bytes > 55_000, String(bytes));
  });

  test('say who may speak and who changes the topic', () => {
    assert.deepEqual(stanceOf(OURS), { moderated: false, topicLocked: true });
    assert.deepEqual(stanceOf({ ...OURS, events_default: 1 }), { moderated: true, topicLocked: true });
    assert.deepEqual(stanceOf({ users_default: 50 }), { moderated: false, topicLocked: false });
    assert.deepEqual(stanceOf({ events: { 'm.room.message': 20 } }), { moderated: true, topicLocked: true });
    assert.deepEqual(stanceOf({ events: 'nonsense', events_default: '7' }), { moderated: true, topicLocked: true });
  });
});

const level = fc.oneof(fc.integer({ min: -5, max: 100 }), fc.constant('50'), fc.constant(null), fc.constant('x'));
const TYPES = ['m.room.message', 'm.reaction', 'm.room.topic', 'm.room.redaction', 'm.sticker'] as const;
const levelsOf = fc.record(
  {
    users: fc.dictionary(fc.constantFrom('@a:s', '@b:s', '@ghost:s', BOT), level),
    users_default: level,
    events_default: level,
    state_default: level,
    events: fc.oneof(fc.dictionary(fc.constantFrom(...TYPES), level), fc.constant('nonsense')),
    'org.example.other': fc.string(),
  },
  { requiredKeys: [] },
);
const wishOf = fc.record({
  moderated: fc.boolean(),
  topicLocked: fc.boolean(),
  speakers: fc.subarray(['@a:s', '@ghost:s', '@new:s']),
  isOurs: fc.boolean(),
});

describe('whatever the levels', () => {
  test('they are put back to the byte', () =>
    fc.assert(
      fc.property(levelsOf, wishOf, (natural, wish) => {
        const { levels, changes } = withRules(natural, wish);
        assert.equal(JSON.stringify(withoutRules(levels, changes)), JSON.stringify(natural));
      }),
    ));

  test('asking twice changes nothing, and neither does a stop between what is noted and what is written', () =>
    fc.assert(
      fc.property(levelsOf, wishOf, wishOf, (natural, first, second) => {
        const one = withRules(natural, first);
        const again = withRules(withoutRules(one.levels, one.changes), first);
        assert.deepEqual(again, one);
        const two = withRules(natural, second);
        const noted = [...one.changes, ...two.changes];
        for (const { levels } of [one, two])
          assert.equal(JSON.stringify(withoutRules(levels, noted)), JSON.stringify(natural));
      }),
    ));

  test('what somebody changes meanwhile stays theirs', () =>
    fc.assert(
      fc.property(levelsOf, fc.integer({ min: 2, max: 99 }), (natural, mine) => {
        const { levels, changes } = withRules(natural, { ...PLAIN, moderated: true, speakers: ['@a:s'] });
        // The same number as ours is nobody's change.
        fc.pre(mine !== levels.events_default);
        const theirs = { ...levels, events_default: mine };
        assert.equal(withoutRules(theirs, changes).events_default, mine);
      }),
    ));
});
