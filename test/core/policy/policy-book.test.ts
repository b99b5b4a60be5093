import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ListRules, MAX_RULES, MAX_WEIGHT } from '../../../src/core/policy/list-rules.ts';
import { namesOfSpeaker, namesOfUser, PolicyBook } from '../../../src/core/policy/policy-book.ts';
import type { PolicyRule } from '../../../src/core/policy/policy-rule.ts';
import { matchesGlob } from '../../../src/core/text/glob.ts';

const rule = (entity: string, kind: PolicyRule['kind'] = 'user'): PolicyRule => ({ kind, entity, reason: '' });
const US = { botId: '@_causeway_bot:shard.test', serverName: 'shard.test' };
const LIST = '!list';

describe('the rules of a list', () => {
  test('find whoever any of them means, in whatever order they came and went', () => {
    const entity = fc.constantFrom('@a:x', '@b:x', '@a*', '*:y', '@?:x', '@ab:y', '*');
    const change = fc.record({ slot: fc.constantFrom('1', '2', '3'), entity: fc.option(entity, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.constantFrom('@a:x', '@ab:y', '@c:z'), (changes, userId) => {
        const rules = new ListRules();
        const now = new Map<string, string>();
        for (const { slot, entity: wanted } of changes) {
          rules.put(slot, wanted === undefined ? undefined : rule(wanted));
          if (wanted === undefined) now.delete(slot);
          else now.set(slot, wanted);
          const isMeant = [...now.values()].some((pattern) => matchesGlob(pattern, userId));
          assert.equal(rules.match(namesOfUser(userId)) !== undefined, isMeant);
        }
        assert.equal(rules.size, now.size);
      }),
    );
  });

  test('of a server mean its people, with its port and without, in any case', () => {
    const rules = new ListRules();
    rules.put('1', rule('evil.example', 'server'));
    rules.put('2', rule('*.evil.example', 'server'));
    const isMeant = (userId: string): boolean => rules.match(namesOfUser(userId)) !== undefined;
    assert.deepEqual(
      ['@a:evil.example', '@a:EVIL.example:8448', '@a:very.evil.example', '@a:good.example'].map(isMeant),
      [true, true, true, false],
    );
    assert.equal(rules.match(namesOfUser('@evil.example:good.example')), undefined);
  });

  test('are followed up to a number, and slow patterns up to a weight; what is more is counted', () => {
    const rules = new ListRules();
    const slow = `*${'a'.repeat(199)}*`;
    const most = MAX_WEIGHT / 200;
    for (let i = 0; i < most + 3; i++) rules.put(`slow ${i}`, rule(slow));
    assert.deepEqual([rules.size, rules.leftOut], [most, 3]);
    rules.put('exact', rule('@a:x'));
    assert.equal(rules.match(namesOfUser('@a:x'))?.entity, '@a:x');
    for (let i = 0; i < MAX_RULES; i++) rules.put(`${i}`, rule(`@${i}:x`));
    assert.equal(rules.size, MAX_RULES);
    rules.clear();
    assert.deepEqual([rules.size, rules.leftOut], [0, 0]);
  });
});

describe('the book of lists', () => {
  test('never means the bridge itself, by name, by pattern or by server', () => {
    const book = new PolicyBook(US);
    const against = [
      rule('@*:*'),
      rule('*'),
      rule(US.botId),
      rule('@_causeway_*'),
      rule('shard.test', 'server'),
      rule('*', 'server'),
    ];
    for (const [at, one] of against.entries()) book.put(LIST, `${at}`, one);
    assert.deepEqual(book.refused(LIST), against[0]);
    assert.equal(book.match([LIST], namesOfUser('@anybody:else.example')), undefined);
    assert.equal(book.match([LIST], namesOfUser(US.botId)), undefined);
    book.put(LIST, '0', undefined);
    assert.deepEqual(book.refused(LIST), against[1]);
  });

  test('means people of a network by their ghosts and by the server that vouches for them, not by our own', () => {
    const book = new PolicyBook(US);
    book.put(LIST, '1', rule('@_causeway_home_*:shard.test'));
    book.put(LIST, '2', rule('irc.evil.example', 'server'));
    const ghost = '@_causeway_home_bob:shard.test';
    assert.equal(book.match([LIST], namesOfSpeaker([ghost], null))?.rule.entity, '@_causeway_home_*:shard.test');
    assert.equal(book.match([LIST], namesOfSpeaker(['@_causeway_far_bob:shard.test'], null)), undefined);
    assert.equal(
      book.match([LIST], namesOfSpeaker(['@_causeway_far_bob:shard.test'], 'IRC.evil.example'))?.rule.kind,
      'server',
    );
  });

  test('asks only the lists that hold somewhere, and forgets a list whole', () => {
    const book = new PolicyBook(US);
    book.replace('!one', [['1', rule('@a:x')]]);
    book.replace('!two', [['1', rule('@b:x')]]);
    const meant = (lists: readonly string[], userId: string) => book.match(lists, namesOfUser(userId))?.list;
    assert.deepEqual([meant(['!one'], '@b:x'), meant(['!one', '!two'], '@b:x')], [undefined, '!two']);
    book.forget('!two');
    assert.equal(meant(['!one', '!two'], '@b:x'), undefined);
    book.replace('!one', []);
    assert.equal(meant(['!one'], '@a:x'), undefined);
  });
});

test('somebody of a network is also of the server that vouches for them, where one is named', () => {
  const ghosts = ['@_causeway_home_ann:shard.test'];
  assert.deepEqual(
    [null, undefined, '', 'oak.example:6697'].map((origin) => namesOfSpeaker(ghosts, origin)),
    [[], [], [], ['oak.example:6697', 'oak.example']].map((server) => ({ user: ghosts, server })),
  );
});
