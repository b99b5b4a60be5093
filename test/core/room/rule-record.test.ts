import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  agreedStance,
  newsIn,
  parseRecord,
  type RuleRecord,
  stillSet,
  takenOver,
} from '../../../src/core/room/rule-record.ts';

const RULES = { moderated: false, topicLocked: true, users: [], subjects: [] };
const AGREED: RuleRecord = {
  changes: [],
  seen: { moderated: false, topicLocked: true, closed: false },
  asked: { open: true, rules: RULES },
};

describe('what is remembered of a room', () => {
  test('tells what somebody changed in it, and not what its channel has already', () => {
    assert.deepEqual(newsIn({ moderated: true, topicLocked: true }, AGREED), { moderated: true });
    const ahead = { ...AGREED, asked: { open: false, rules: { ...RULES, moderated: true } } };
    assert.deepEqual(newsIn({ moderated: true, closed: true }, ahead), {});
    assert.deepEqual(newsIn({ closed: true }, { changes: [] }), {});
  });

  test('knows that what was made of the channel is newer than what it said, until it says so', () => {
    const set = { ...AGREED, seen: { ...AGREED.seen, closed: true }, set: { closed: true } };
    assert.deepEqual(newsIn({ closed: false }, set), { closed: false });
    assert.deepEqual(agreedStance({ closed: false }, set), { closed: true });
    const [older, itself] = [AGREED.asked ?? { open: true }, { open: false }];
    assert.deepEqual(
      stillSet(set, older, () => false),
      { closed: true },
    );
    assert.deepEqual(
      stillSet(set, itself, () => false),
      {},
    );
    // The room was opened at the channel's word: so that word counts.
    assert.deepEqual(
      stillSet(set, older, (what) => what === 'closed'),
      {},
    );
  });

  test('does not take for agreed what somebody has just made of it', () => {
    const now = { moderated: true, topicLocked: true, closed: true };
    assert.deepEqual(agreedStance(now, AGREED), { moderated: false, topicLocked: true, closed: false });
    assert.deepEqual(
      agreedStance(now, { ...AGREED, asked: { open: false, rules: { ...RULES, moderated: true } } }),
      now,
    );
    assert.deepEqual(agreedStance(now, { changes: [] }), now);
  });

  test('holds what goes when the channel takes back what was made of the room', () => {
    const record = { ...AGREED, speech: [0], topic: [], joinRules: { join_rule: 'public' } };
    const levels = { events_default: 50, events: { 'm.room.topic': 75 } };
    const taken = takenOver(record, { moderated: true, topicLocked: true, closed: true }, levels);
    assert.deepEqual(taken, {
      ...record,
      changes: [
        { path: ['events_default'], was: [0], set: 50 },
        { path: ['events', 'm.room.topic'], was: [], set: 75 },
      ],
      door: { join_rule: 'public' },
    });
    assert.deepEqual(takenOver(record, { moderated: false, closed: false }, levels), record);
  });

  test('is nothing where nothing can be read', () => {
    assert.deepEqual(
      [undefined, '{}', '[]', '{"changes":3}'].map((text) => parseRecord(text)),
      Array.from({ length: 4 }, () => ({ changes: [] })),
    );
  });
});
