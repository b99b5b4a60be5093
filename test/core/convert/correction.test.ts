import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addressed } from '../../../src/core/convert/addressed.ts';
import { correction } from '../../../src/core/convert/correction.ts';

const SOON = 60_000;
const LATER = 20 * 60_000;
const LONG = 'The meeting is off because of the storm, see you all next month';

describe('what people of a network without edits are told', () => {
  const CASES: ReadonlyArray<readonly [name: string, before: string, after: string, told: readonly string[]]> = [
    ['one word', 'we meet on Thursday at five', 'we meet on Friday at five', ['s/Thursday/Friday/']],
    ['two words', 'the blue car is here', 'the red truck is here', ['s/blue car/red truck/']],
    ['a word put in', 'I am coming', 'I am not coming', ['s/am/am not/']],
    ['a word put in at the beginning', 'come in', 'please come in', ['s/come/please come/']],
    ['a word taken out', 'I am not coming', 'I am coming', ['s/not//']],
    ['a text of one word', 'Thursday', 'Friday', ['s/Thursday/Friday/']],
    ['slashes', 'see a/b for it', 'see a/c for it', ['s|a/b|a/c|']],
    ['one line of several', 'one\nthe second\nthree', 'one\nthe other\nthree', ['s/second/other/']],
    ['a line more', 'one\ntwo', 'one\ntwo\nthree', ['* three']],
    ['another text', 'we meet on Thursday at five', LONG, [`* ${LONG}`]],
    ['many more lines', 'one', 'one\n2\n3\n4\n5', ['* 2', '* 3', '* 4']],
    ['a line less', 'one\ntwo\nthree', 'one\nthree', ['s/two//']],
    ['a long line less', `one\n${LONG}`, 'one', []],
    ['capitals', 'hello There', 'Hello there', []],
    ['punctuation', 'hello there', 'hello, there!', []],
    ['blanks', 'hello   there', 'hello there', []],
    ['looks', 'hello there', 'hello \x02there\x02', []],
    ['nothing', 'hello there', 'hello there', []],
    ['an emoji', 'good 👍', 'good 👎', ['s/👍/👎/']],
    ['nothing left', 'hello there', '', []],
  ];
  for (const [name, before, after, told] of CASES)
    test(name, () => assert.deepEqual(correction(before, after, SOON), told));

  test('a small change comes too late after ten minutes, a large one does not', () => {
    assert.deepEqual(correction('we meet on Thursday', 'we meet on Friday', LATER), []);
    assert.deepEqual(correction('we meet on Thursday', LONG, LATER), [`* ${LONG}`]);
  });

  test('whatever changes: a line each, few of them, and nothing of a fallback', () => {
    const texts = fc
      .array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 8 })
      .map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(texts, texts, fc.constantFrom(SOON, LATER), (before, after, ageMs) => {
        const told = correction(before, after, ageMs);
        assert.ok(told.length <= 3);
        for (const line of told) assert.match(line, /^(s[/|#~]|\* )[^\n\r]*$/u);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a line that answers somebody', () => {
  const CASES: ReadonlyArray<readonly [name: string, line: string, nick: string, said: string]> = [
    ['gets the name in front', 'yes', 'bob', 'bob: yes'],
    ['keeps a name that is there', 'bob: yes', 'bob', 'bob: yes'],
    ['whatever its case', 'Bob, yes', 'bob', 'Bob, yes'],
    ['or with an @', '@bob yes', 'bob', '@bob yes'],
    ['or with looks', '\x02bob\x02: yes', 'bob', '\x02bob\x02: yes'],
    ['but not where it only begins alike', 'bobby is here', 'bob', 'bob: bobby is here'],
    ['and none where nobody has a name', 'yes', ' ', 'yes'],
  ];
  for (const [name, line, nick, said] of CASES) test(name, () => assert.equal(addressed(line, nick), said));
});
