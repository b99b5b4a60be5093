import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { awayOf, MAX_STATUS, presenceOf, readPresence, statusText } from '../../src/core/presence.ts';

describe('who is there and who is away', () => {
  test('shows on Matrix: there, away with what they said to it, gone', () => {
    assert.deepEqual(
      [presenceOf(true, undefined), presenceOf(true, 'lunch'), presenceOf(true, ''), presenceOf(false, 'lunch')],
      [{ state: 'online' }, { state: 'unavailable', status: 'lunch' }, { state: 'unavailable' }, { state: 'offline' }],
    );
  });

  test('shows on a network: what they say themselves, else a word for it; who is there is not away', () => {
    assert.deepEqual(
      [
        awayOf({ state: 'online', status: 'happy' }),
        awayOf({ state: 'unavailable' }),
        awayOf({ state: 'unavailable', status: 'In the garden' }),
        awayOf({ state: 'offline' }),
        awayOf({ state: 'offline', status: '\u0002\u0003' }),
      ],
      [undefined, 'Away', 'In the garden', 'Offline', 'Offline'],
    );
  });

  test('is read from what a homeserver says, and from nothing else', () => {
    assert.deepEqual(
      [
        readPresence({ presence: 'online', last_active_ago: 5 }),
        readPresence({ presence: 'unavailable', status_msg: 'lunch' }),
        readPresence({ presence: 'org.matrix.msc3026.busy', status_msg: '' }),
        readPresence({ presence: 'busy' }),
        readPresence({ presence: '' }),
        readPresence({ presence: 7 }),
        readPresence({ presence: 'offline', status_msg: { a: 1 } }),
        readPresence({ presence: '__proto__' }),
        readPresence({}),
      ],
      [
        { state: 'online' },
        { state: 'unavailable', status: 'lunch' },
        { state: 'unavailable' },
        { state: 'unavailable' },
        undefined,
        undefined,
        { state: 'offline' },
        undefined,
        undefined,
      ],
    );
  });
});

describe('what somebody says of themselves', () => {
  const cases: readonly (readonly [name: string, text: string, shown: string])[] = [
    ['plain', 'Gone fishing', 'Gone fishing'],
    ['with formatting of IRC', '\x02bold\x0f \x0304,01red\x03 end', 'bold red end'],
    ['with line ends and tabs', 'one\r\ntwo\tthree\u2028four', 'one two three four'],
    ['with controls', 'a\x00b\x1b[31mc\x7f', 'ab[31mc'],
    ['that turns the direction', 'safe \u202egnp.exe', 'safe gnp.exe'],
    ['of what nobody sees', '\u200b\u2060\ufeff\x0f', ''],
    ['with half a character', 'ok \ud83d', 'ok'],
    ['of blanks', ' \t ', ''],
    ['that is long', 'é'.repeat(MAX_STATUS + 1), `${'é'.repeat(MAX_STATUS - 1)}…`],
    ['of just so many', '😀'.repeat(MAX_STATUS), '😀'.repeat(MAX_STATUS)],
  ];
  for (const [name, text, shown] of cases) test(`${name}`, () => assert.equal(statusText(text), shown));

  test('is one bounded line whatever they write', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 250 }), (text) => {
        const shown = statusText(text);
        assert.equal(shown, shown.trim().toWellFormed());
        assert.ok([...shown].length <= MAX_STATUS);
        assert.doesNotMatch(shown, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
