import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_NICK_RULES, type NickRules, nextNickCandidate, nickFromName } from '../../../src/core/irc/nick.ts';

const nick = (name: string, rules: Partial<NickRules> = {}): string =>
  nickFromName(name, { ...DEFAULT_NICK_RULES, ...rules }, 'fall.back');

describe('a nick in ASCII', () => {
  const vectors: ReadonlyArray<[name: string, nick: string]> = [
    ['alice', 'alice'],
    ['Anna Berg', 'Anna_Berg'],
    ['Anna  (she/her)', 'Anna_she_her'],
    ["Sinéad O'Connor", 'Sinead_OConnor'],
    ['Jürgen Groß', 'Jurgen_Gross'],
    ['Łukasz Żółć', 'Lukasz_Zolc'],
    ['Ångström Þór', 'Angstrom_Thor'],
    ['Наташа Щукина', 'Natasha_Shchukina'],
    ['Йод', 'Yod'],
    ['Ελένη', 'Eleni'],
    ['ＷＩＤＥ', 'WIDE'],
    ['bob.', 'bob'],
    ['j.doe', 'j_doe'],
    ['x[away]', 'x[away]'],
    ['__init__', '__init__'],
    ['1abc', '_1abc'],
    ['-x-', 'x-'],
    ['+@#&~x', 'x'],
    ['a\u202eb\u200bc', 'abc'],
    ['a!b@c d:e,f', 'a_b_c_d_e_f'],
    ['a\r\nQUIT', 'a_QUIT'],
    ['日本', 'fall_back'],
    ['😀', 'fall_back'],
    ['___', 'fall_back'],
    ['', 'fall_back'],
    ['x'.repeat(99), 'x'.repeat(30)],
    [`${'x'.repeat(29)} y`, 'x'.repeat(29)],
  ];
  for (const [name, expected] of vectors) test(JSON.stringify(name), () => assert.equal(nick(name), expected));
});

describe('a nick where names are UTF-8', () => {
  const vectors: ReadonlyArray<[name: string, nick: string]> = [
    ['Jürgen Groß', 'Jürgen_Groß'],
    ['日本', '日本'],
    ['नमस्ते', 'नमस्ते'],
    ['a😀b.c', 'a_b_c'],
    ['😀', 'fall_back'],
    ['\u0301a', 'a'],
    ['\u0660a', '_\u0660a'],
  ];
  for (const [name, expected] of vectors)
    test(JSON.stringify(name), () => assert.equal(nick(name, { utf8: true }), expected));

  test('is cut in bytes between characters with their marks', () => {
    assert.equal(nick('ééééé', { utf8: true, maxBytes: 7 }), 'ééé');
    assert.equal(nick('𝒳x日日', { utf8: true, maxBytes: 6 }), 'Xx日');
    assert.equal(nick('q\u0307\u0323q\u0307\u0323', { utf8: true, maxBytes: 8 }), 'q\u0323\u0307');
  });
});

describe("by the server's and the network's rules", () => {
  test('a digit may lead where the server says so', () => {
    assert.equal(nick('1abc', { leadingDigit: true }), '1abc');
    assert.equal(nick('0', { leadingDigit: true }), '_0');
  });

  test('a suffix is kept whole, the name gives way', () => {
    assert.equal(nick('alice', { template: '{name}[m]' }), 'alice[m]');
    assert.equal(nick('x'.repeat(40), { template: '{name}[m]', maxBytes: 16 }), `${'x'.repeat(13)}[m]`);
    assert.equal(nick('1x', { template: 'mx-{name}' }), 'mx-1x');
  });

  for (const name of [
    'ChanServ',
    'chanserv',
    'Chan_Serv',
    'Ch4nServ',
    'NickServ',
    'FooServ',
    'Global',
    'root',
    'ΧανServ',
    'ＮｉｃｋＳｅｒｖ',
  ]) {
    test(`${name} passes for services and is refused`, () => assert.equal(nick(name), 'fall_back'));
  }

  test("the bot's own name and its look-alikes are nobody else's", () => {
    const reserved = ['causeway', '[x]'];
    assert.deepEqual(
      ['Causeway', 'c4useway', 'cause_way', '{x}', 'causeways'].map((name) => nick(name, { reserved })),
      ['fall_back', 'fall_back', 'fall_back', 'fall_back', 'causeways'],
    );
  });

  test('somebody of whom nothing is left still gets a nick', () => {
    assert.equal(nickFromName('😀', DEFAULT_NICK_RULES, '日本'), 'user');
    assert.equal(nickFromName('ChanServ', { ...DEFAULT_NICK_RULES, reserved: ['user'] }, 'NickServ'), 'user_2');
  });
});

describe('the next nick to try', () => {
  test('counts', () => {
    assert.deepEqual(
      [1, 2, 9].map((attempt) => nextNickCandidate('alice', attempt, { maxBytes: 30 })),
      ['alice_2', 'alice_3', 'alice_10'],
    );
  });
  test('keeps within the length', () => {
    assert.deepEqual(
      [1, 9].map((attempt) => nextNickCandidate('x'.repeat(9), attempt, { maxBytes: 9 })),
      ['xxxxxxx_2', 'xxxxxx_10'],
    );
    assert.equal(nextNickCandidate('ééé', 1, { maxBytes: 6 }), 'éé_2');
  });
});

test('whatever the name, the nick is one a server takes, and the same each time', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.constantFrom('0', '-', '🇨🇭', 'İ', 'ŉ', 'ﬃ'),
      ),
      fc.boolean(),
      fc.integer({ min: 5, max: 64 }),
      (name, utf8, maxBytes) => {
        const rules = { ...DEFAULT_NICK_RULES, utf8, maxBytes };
        const given = nickFromName(name, rules, 'fallback');
        assert.match(
          given,
          utf8
            ? /^[\p{L}[\]\\`_^{|}][\p{L}\p{M}\p{N}[\]\\`_^{|}-]*$/u
            : /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]*$/,
        );
        assert.ok(Buffer.byteLength(given) <= maxBytes);
        assert.equal(nickFromName(name, rules, 'fallback'), given);
        for (const attempt of [1, 50])
          assert.ok(Buffer.byteLength(nextNickCandidate(given, attempt, rules)) <= maxBytes);
      },
    ),
    { numRuns: 3000 },
  );
});
