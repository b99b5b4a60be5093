import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { guardPlan, guardSum } from '../../../src/core/authority/guard.ts';
import { type MemberPlan, planMembers } from '../../../src/core/authority/plan-members.ts';
import { standing } from '../../../src/core/authority/standing.ts';
import { channel, FRESH, withStatus } from './fixture.ts';

const USUAL = { snapshotWasEmpty: false, isFirstEnforcement: false };
const FREE = { held: false };
const SUSPENDED = standing(withStatus('suspended'), channel(), FRESH);
const EXPELLED = standing(withStatus('expelled'), channel(), FRESH);
const MEMBER = standing(withStatus('active'), channel(), FRESH);

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `@m${100 + at}:x`);
const plan = (count: number, own = SUSPENDED, membership: 'join' | 'leave' = 'join', power = 0): MemberPlan =>
  planMembers({
    resource: channel(),
    botId: '@bot:x',
    actual: new Map(names(count).map((userId) => [userId, { membership, power }])),
    wanted: new Map(names(count).map((userId) => [userId, own])),
    bannedByUs: new Set(),
    beyondReach: new Set(),
  });

describe('the guard', () => {
  const table: ReadonlyArray<readonly [removed: number, present: number, isHeld: boolean]> = [
    [1, 1, false],
    [5, 5, false],
    [6, 6, true],
    [5, 1_000, false],
    [6, 59, true],
    [6, 60, false],
    [100, 1_000, false],
    [101, 1_000, true],
  ];
  for (const [removed, present, isHeld] of table)
    test(`invariant 38: ${removed} of ${present} ${isHeld ? 'are too many to remove unasked' : 'go at once'}`, () => {
      const guard = guardPlan(plan(removed), { present }, USUAL);
      assert.deepEqual([guard.held, guard.held ? guard.removes : names(removed)], [isHeld, names(removed)]);
    });

  test('invariant 2: nobody goes because of an empty list', () => {
    const guard = guardPlan(plan(1), { present: 100 }, { ...USUAL, snapshotWasEmpty: true });
    assert.deepEqual(guard, {
      held: true,
      why: 'The authority named nobody at all, and 1 person would be removed for that.',
      removes: names(1),
    });
  });

  test('an empty list from which nobody has to go holds nothing back', () => {
    assert.deepEqual(guardPlan(plan(3, MEMBER), { present: 3 }, { ...USUAL, snapshotWasEmpty: true }), FREE);
  });

  test('bans of people who are not there remove nobody', () => {
    assert.deepEqual(guardPlan(plan(100, EXPELLED, 'leave'), { present: 20 }, USUAL), FREE);
    assert.equal(guardPlan(plan(100, EXPELLED), { present: 100 }, USUAL).held, true);
  });

  test('invitations are never too many', () => {
    assert.deepEqual(guardPlan(plan(1_000, MEMBER, 'leave'), { present: 3 }, USUAL), FREE);
  });

  describe('at the first time in a room', () => {
    const FIRST = { ...USUAL, isFirstEnforcement: true };

    test('that has people in it, whoever would go or lose power has to be confirmed', () => {
      assert.equal(guardPlan(plan(1), { present: 50 }, FIRST).held, true);
      const demotion = guardPlan(plan(1, MEMBER, 'join', 50), { present: 50 }, FIRST);
      assert.deepEqual(demotion.held && demotion.removes, names(1));
    });

    test('that is empty, or where nobody loses anything, nothing is asked', () => {
      assert.deepEqual(guardPlan(plan(1), { present: 0 }, FIRST), FREE);
      assert.deepEqual(guardPlan(plan(9, MEMBER, 'leave'), { present: 50 }, FIRST), FREE);
    });
  });

  test('a plan that was put together elsewhere is judged by its steps', () => {
    const { steps, powers, hashText } = plan(6);
    assert.equal(guardPlan({ steps, powers, hashText }, { present: 6 }, USUAL).held, true);
  });
});

describe('removals that come one by one', () => {
  const sums: ReadonlyArray<readonly [more: number, before: number, present: number, isHeld: boolean]> = [
    [1, 0, 1, false],
    [1, 4, 4, false],
    [1, 5, 2, true],
    [2, 4, 10, true],
    [0, 50, 10, false],
    [1, 5, 55, false],
    [1, 6, 54, true],
    [1, 99, 901, false],
    [1, 100, 900, true],
  ];
  for (const [more, before, present, isHeld] of sums)
    test(`invariant 38: ${more} more of ${present} after ${before} ${isHeld ? 'are too many' : 'may go'}`, () => {
      const guard = guardSum(names(more), { before, present, windowMs: 600_000 });
      assert.deepEqual(
        [guard.held, guard.held ? [guard.removes, guard.passes] : undefined],
        [isHeld, isHeld ? [names(more), true] : undefined],
      );
    });

  test('are told with their time', () => {
    const guard = guardSum(names(1), { before: 5, present: 3, windowMs: 600_000 });
    assert.equal(
      guard.held && guard.why,
      'Within 10 minutes 5 people of 8 were removed one by one, and it would remove 1 more. It goes on by itself when that is 10 minutes ago.',
    );
  });
});
