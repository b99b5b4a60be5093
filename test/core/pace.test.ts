import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Bucket, backoffMs, fullBucket, takeTokens } from '../../src/core/pace.ts';

describe('a token bucket', () => {
  const rules = { burst: 4, refillMs: 500 };

  /** Times at which each of `count` takings succeeds when each is tried as soon as allowed. */
  function sendTimes(count: number): number[] {
    let now = 0;
    let bucket: Bucket = fullBucket(rules, now);
    const times: number[] = [];
    while (times.length < count) {
      const taken = takeTokens(bucket, rules, now);
      bucket = taken.bucket;
      if (taken.waitMs === 0) times.push(now);
      now += taken.waitMs;
    }
    return times;
  }

  test('lets a burst through and then one per refill', () => {
    assert.deepEqual(sendTimes(8), [0, 0, 0, 0, 500, 1000, 1500, 2000]);
  });

  test('is full again after silence, and no fuller', () => {
    const empty = { tokens: 0, atMs: 0 };
    const wait = takeTokens(takeTokens(empty, rules, 1_000_000, 4).bucket, rules, 1_000_000);
    assert.equal(wait.waitMs, 500);
  });

  test('a cost over the burst is granted from a full bucket and owed', () => {
    const taken = takeTokens(fullBucket(rules, 0), rules, 0, 6);
    assert.deepEqual(taken, { bucket: { tokens: -2, atMs: 0 }, waitMs: 0 });
    assert.equal(takeTokens(taken.bucket, rules, 0).waitMs, 1500);
  });

  test('a clock set back neither gives nor blocks', () => {
    const taken = takeTokens({ tokens: 1, atMs: 10_000 }, rules, 0);
    assert.deepEqual(taken, { bucket: { tokens: 0, atMs: 0 }, waitMs: 0 });
  });

  test('without a refill time there is no limit', () => {
    assert.equal(takeTokens({ tokens: 0, atMs: 0 }, { burst: 1, refillMs: 0 }, 0, 100).waitMs, 0);
  });

  test('waiting as long as it says is always enough, and never more passes than burst and refill allow', () => {
    fc.assert(
      fc.property(
        fc.record({ burst: fc.integer({ min: 1, max: 20 }), refillMs: fc.integer({ min: 1, max: 5000 }) }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 }),
        (anyRules, pauses) => {
          let now = 0;
          let bucket = fullBucket(anyRules, now);
          let passed = 0;
          for (const pause of pauses) {
            now += pause;
            const first = takeTokens(bucket, anyRules, now);
            now += first.waitMs;
            const second = first.waitMs === 0 ? first : takeTokens(first.bucket, anyRules, now);
            assert.equal(second.waitMs, 0);
            bucket = second.bucket;
            passed += 1;
            assert.ok(passed <= anyRules.burst + now / anyRules.refillMs + 1e-6);
          }
        },
      ),
    );
  });
});

describe('back-off', () => {
  const rules = { firstMs: 1000, maxMs: 60_000, floor: 0.5 };

  test('doubles to its maximum', () => {
    assert.deepEqual(
      [0, 1, 2, 5, 6, 7, 1000].map((failures) => backoffMs(rules, failures, 0.999_999)),
      [1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000],
    );
  });

  test('spreads between floor and whole', () => {
    assert.equal(backoffMs(rules, 2, 0), 2000);
    assert.equal(backoffMs({ ...rules, floor: 0 }, 2, 0), 0);
    assert.equal(backoffMs(rules, 2, 0.5), 3000);
  });
});
