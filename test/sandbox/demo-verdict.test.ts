import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Heard, judge, percentiles, type Said } from '../../src/sandbox/demo-verdict.ts';

const said = (text: string, speaker = 'alice', channel = '#commons'): Said => ({ speaker, channel, text });
const heard = (text: string, nick = 'alice', channel = '#commons'): Heard => ({ nick, channel, text });

describe("the demo's verdict", () => {
  test('is content when each line came once and in order, whoever spoke between', () => {
    const lines = [said('one'), said('two'), said('uno', 'bob'), said('* waves')];
    const arrived = [heard('one'), heard('uno', 'bob'), heard('two'), heard('* waves')];
    assert.deepEqual(judge(lines, arrived), { problems: [], arrived: 4 });
  });

  test('names a lost, a doubled and a strange line', () => {
    const lines = [said('one'), said('two'), said('three')];
    const arrived = [heard('one'), heard('three'), heard('one'), heard('boo', 'mallory')];
    assert.deepEqual(judge(lines, arrived).problems, [
      'nobody said this: #commons mallory: boo',
      '2 times: #commons alice: one',
      'lost: #commons alice: two',
    ]);
  });

  test('names lines out of order, per speaker and channel', () => {
    const lines = [said('one'), said('two'), said('three', 'alice', '#garden')];
    const arrived = [heard('three', 'alice', '#garden'), heard('two'), heard('one')];
    assert.deepEqual(judge(lines, arrived).problems, ['out of order: #commons alice: one came after two']);
  });

  test('takes a line in pieces, cut at blanks or in the middle, with others between', () => {
    const lines = [said('a long line in pieces'), said('short', 'bob')];
    const arrived = [heard('a long'), heard('short', 'bob'), heard('line in pie'), heard('ces')];
    assert.deepEqual(judge(lines, arrived), { problems: [], arrived: 2 });
  });

  test('does not take half a line for the whole, nor one channel for another', () => {
    assert.deepEqual(judge([said('a long line')], [heard('a long')]).problems, ['lost: #commons alice: a long line']);
    assert.deepEqual(judge([said('one')], [heard('one', 'alice', '#garden')]).problems, [
      'nobody said this: #garden alice: one',
      'lost: #commons alice: one',
    ]);
  });

  test('measures median and 95th percentile', () => {
    assert.deepEqual(percentiles(Array.from({ length: 100 }, (_, i) => 100 - i)), { p50: 51, p95: 96 });
    assert.equal(percentiles([]), undefined);
  });
});
