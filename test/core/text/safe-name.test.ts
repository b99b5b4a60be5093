import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_NAME_CODE_POINTS, safeName } from '../../../src/core/text/safe-name.ts';
import { growsEvenly } from '../../growth.ts';

describe('a name', () => {
  const vectors: ReadonlyArray<[why: string, name: string, shown: string]> = [
    ['stays as it is', 'Zoë 日本 Ω', 'Zoë 日本 Ω'],
    ['is composed', 'Zoe\u0308', 'Zoë'],
    ['does not turn the reading direction', 'a\u202ebob\u202c\u2066x\u2069\u200e\u200f\u061c', 'abobx'],
    ['hides nothing of no width', 'a\u200bd\u200cm\u2060i\ufeffn\u00ad\u034f', 'admin'],
    ['has no tag characters', 'a\u{e0041}\u{e007f}b', 'ab'],
    ['has no controls', 'a\0b\x07c\x9bd\x7f', 'abcd'],
    ['has no formatting', '\x02bold\x0f', 'bold'],
    ['is one line, with single spaces', ' a \t\r\n b\u2028c\u00a0\u3000d ', 'a b c d'],
    ['is not blank by fillers', '\u3164\u115f\uffa0\u2800', '?'],
    ['is not blank by spaces', ' \t ', '?'],
    ['is not empty', '', '?'],
    ['carries at most three marks on a letter', `z${'\u0335'.repeat(50)}y`, `z${'\u0335'.repeat(3)}y`],
    ['does not begin with a mark', '\u0301a', 'a'],
    ['keeps emoji together', '👩‍👩‍👧 ❤️ 👍🏽 🇨🇭', '👩‍👩‍👧 ❤️ 👍🏽 🇨🇭'],
    ['loses variation selectors elsewhere', 'a\ufe0fb\u{e0100}', 'ab'],
    ['loses joiners elsewhere', 'a\u200db', 'ab'],
    ['has no lone surrogates', 'a\ud800b', 'ab'],
  ];
  for (const [why, name, shown] of vectors) test(why, () => assert.equal(safeName(name, '?'), shown));

  test('is cut to 60 characters, whole ones', () => {
    assert.equal(safeName('𝒳'.repeat(100), '?'), '𝒳'.repeat(MAX_NAME_CODE_POINTS));
    assert.equal(safeName(`${'x'.repeat(59)} yz`, '?'), 'x'.repeat(59));
  });

  test('of a megabyte is cut in one pass', () => {
    assert.equal(safeName('\u0335'.repeat(1_000_000), '?'), '?');
    growsEvenly('marks', (size) => safeName('\u0335'.repeat(size), '?'), 1_000_000);
  });

  test('once cleaned stays as it is, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
        const shown = safeName(name, 'fallback');
        assert.notEqual(shown, '');
        assert.ok([...shown].length <= MAX_NAME_CODE_POINTS);
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u);
        assert.equal(safeName(shown, 'fallback'), shown);
      }),
      { numRuns: 3000, examples: [['\u074b\t\u0000\t\u00a1']] },
    );
  });
});
