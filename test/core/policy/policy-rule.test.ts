import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readRule } from '../../../src/core/policy/policy-rule.ts';

const BAN = { entity: '@spam:evil.example', recommendation: 'm.ban', reason: 'spam' };
const USER = 'm.policy.rule.user';

describe('a state event of a policy list', () => {
  const cases: readonly (readonly [what: string, type: string, content: Record<string, unknown>, read: unknown])[] = [
    ['a ban', USER, BAN, { kind: 'user', entity: '@spam:evil.example', reason: 'spam' }],
    [
      'without a reason',
      USER,
      { ...BAN, reason: undefined },
      { kind: 'user', entity: '@spam:evil.example', reason: '' },
    ],
    [
      'a reason of a wrong type',
      USER,
      { ...BAN, reason: 7 },
      { kind: 'user', entity: '@spam:evil.example', reason: '' },
    ],
    [
      'a reason that would hide or turn the line',
      USER,
      { ...BAN, reason: 'a\u202eb\n\u0000c' },
      { kind: 'user', entity: '@spam:evil.example', reason: 'ab c' },
    ],
    [
      'as it was called before it was specified',
      'org.matrix.mjolnir.rule.server',
      { ...BAN, entity: '*.Evil.example', recommendation: 'org.matrix.mjolnir.ban' },
      { kind: 'server', entity: '*.evil.example', reason: 'spam' },
    ],
    ['of a room', 'm.room.rule.room', { ...BAN, entity: '!r:x' }, { kind: 'room', entity: '!r:x', reason: 'spam' }],
    ['with many stars', USER, { ...BAN, entity: '@***:x' }, { kind: 'user', entity: '@*:x', reason: 'spam' }],
    ['taken back', USER, {}, 'none'],
    ['redacted', USER, { entity: undefined }, 'none'],
    ['another recommendation', USER, { ...BAN, recommendation: 'm.allow' }, 'none'],
    ['no recommendation', USER, { entity: '@a:x' }, 'unreadable'],
    ['an entity of a wrong type', USER, { ...BAN, entity: ['@a:x'] }, 'unreadable'],
    ['a recommendation of a wrong type', USER, { ...BAN, recommendation: { 'm.ban': true } }, 'unreadable'],
    ['an entity that is too long', USER, { ...BAN, entity: `@${'a'.repeat(255)}` }, 'unreadable'],
    ['an empty entity', USER, { ...BAN, entity: '' }, 'unreadable'],
    ['an entity with a blank', USER, { ...BAN, entity: '@a b:x' }, 'unreadable'],
    ['a server that is none', 'm.policy.rule.server', { ...BAN, entity: '@a:x' }, 'unreadable'],
    ['something else', 'm.room.name', BAN, 'none'],
  ];
  for (const [what, type, content, read] of cases)
    test(`${what}`, () => assert.deepEqual(readRule(type, content), read));

  test('of any content is read, or is not', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('entity', 'recommendation', 'reason'), fc.anything()), (content) => {
        const read = readRule(USER, content);
        assert.ok(read === 'none' || read === 'unreadable' || read.kind === 'user');
      }),
    );
  });
});
