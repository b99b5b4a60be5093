import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readIsupport } from '../../src/core/irc/isupport.ts';
import { applyIsupport, NO_ISUPPORT } from '../../src/core/irc/isupport-tokens.ts';
import { parseModes } from '../../src/core/irc/modes.ts';
import { isOperator, Ranks } from '../../src/irc/listening/ranks.ts';

const isupport = readIsupport(applyIsupport(NO_ISUPPORT, ['me', 'PREFIX=(qaohv)~&@%+', 'CHANMODES=Ibe,k,l,imnst']));

function ranksOf(names: string): Ranks {
  const ranks = new Ranks(() => 'ascii');
  ranks.names('#c', names, isupport);
  ranks.namesEnd('#c');
  return ranks;
}
const mode = (ranks: Ranks, text: string): void =>
  ranks.changed('#c', parseModes(text.split(' '), isupport).changes, isupport);

describe('who holds what in a channel', () => {
  test('is read from names, with all prefixes or the highest, with addresses or without', () => {
    const ranks = ranksOf('~@founder @op!u@h +voiced plain');
    assert.deepEqual(
      ['Founder', 'OP', 'voiced', 'plain', 'absent'].map((nick) => ranks.of('#C', nick)),
      ['qo', 'o', 'v', '', ''],
    );
  });

  test('changes by modes, and by nothing that only looks like one', () => {
    const ranks = ranksOf('@me bob');
    mode(ranks, '+ov-o+b bob bob me x!*@*');
    assert.deepEqual([ranks.of('#c', 'bob'), ranks.of('#c', 'me')], ['ov', '']);
    mode(ranks, '+k me');
    mode(ranks, '+l-v 5 bob');
    assert.deepEqual([ranks.of('#c', 'bob'), ranks.of('#c', 'me')], ['o', '']);
  });

  test('follows people, and stays behind with nobody', () => {
    const ranks = ranksOf('@me @bob');
    ranks.rename('bob', 'bobby');
    assert.deepEqual([ranks.of('#c', 'bob'), ranks.of('#c', 'bobby')], ['', 'o']);
    ranks.part('#c', 'bobby');
    assert.equal(ranks.of('#c', 'bobby'), '');
    mode(ranks, '+o bobby');
    ranks.quit('bobby');
    assert.equal(ranks.of('#c', 'bobby'), '');
    ranks.leave('#c');
    assert.equal(ranks.of('#c', 'me'), '');
  });

  test('makes an operator of op and what is above, and of nothing below', () => {
    assert.deepEqual(
      ['q', 'a', 'o', 'vo', 'h', 'v', '', 'x'].map((letters) => isOperator(letters, isupport)),
      [true, true, true, true, false, false, false, false],
    );
    const none = readIsupport(applyIsupport(NO_ISUPPORT, ['me', 'PREFIX=']));
    assert.equal(isOperator('o', none), false);
  });
});
