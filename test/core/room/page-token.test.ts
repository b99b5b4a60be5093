import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextPageToken } from '../../../src/core/room/page-token.ts';

test('a page of Dendrite is followed by one that begins with the depth it ended in', () => {
  assert.equal(nextPageToken('t1079_2193', undefined), 't1080_2193');
  assert.equal(nextPageToken('t979_2093', 't1080_2193'), 't980_2093');
});

test('a page full of one depth does not come again and again', () => {
  assert.equal(nextPageToken('t1079_2193', 't1080_2193'), 't1079_2193');
});

test('tokens of other servers and nonsense are left as they are', () => {
  for (const token of ['s12_34', 't47429-4392820_219380_26003_2265', '', 't1', 't_', 't99999999999999999999_1'])
    assert.equal(nextPageToken(token, undefined), token);
});
