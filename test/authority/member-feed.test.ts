import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemberFeed } from '../../src/authority/member-feed.ts';
import type { AuthorityUpdate, Member } from '../../src/core/authority/member.ts';

const member = (sub: string): Member => ({
  subject: { iss: 'shard', sub },
  status: 'active',
  statusText: 'active',
  seats: [],
  roles: [],
  handles: [],
});
const ada = member('ada');
const bea = member('bea');

/** What is told of lists that are learned one after the other. */
function told(...lists: readonly (readonly Member[])[]): string[] {
  const updates: AuthorityUpdate[] = [];
  const feed = new MemberFeed((update) => updates.push(update));
  lists.forEach((list, at) => {
    feed.learned(list, { asOfMs: at, revision: at, via: 'poll' });
  });
  return updates.map((update) => {
    if (update.kind === 'snapshot') return `all ${update.snapshot.members.map(({ subject }) => subject.sub).join(' ')}`;
    if (update.kind === 'member') return `${update.subject.sub} ${update.member === null ? 'gone' : 'is'}`;
    return update.kind;
  });
}

test('a list is told whole the first time, and by its changes after that', () => {
  assert.deepEqual(told([ada], [ada, bea], [bea], [bea]), ['all ada', 'bea is', 'ada gone', 'heartbeat']);
});

test('invariant 38: more changes at once than may be removed unasked are told together', () => {
  const many = Array.from({ length: 6 }, (_, i) => member(`m${i}`));
  assert.deepEqual(told([ada, ...many], [ada]), ['all ada m0 m1 m2 m3 m4 m5', 'all ada']);
  assert.equal(told([ada, ...many], [ada, ...many.slice(0, 1)]).length, 6);
});

test('invariant 2: a list of nobody is told whole, however few there were, and so is the list after it', () => {
  assert.deepEqual(told([ada, bea], [], [ada, bea], [ada]), ['all ada bea', 'all ', 'all ada bea', 'bea gone']);
});

test('a list that stays empty is told again, never as nothing new', () => {
  assert.deepEqual(told([], []), ['all ', 'all ']);
});
