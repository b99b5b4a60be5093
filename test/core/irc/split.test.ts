import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeLine } from '../../../src/core/irc/encode.ts';
import { type BodyBudget, bodyBudget, splitText } from '../../../src/core/irc/split.ts';
import { formattingAfter, maskCodes, PLAIN } from '../../../src/core/text/irc-formatting.ts';
import { stripFormatting } from '../../../src/core/text/strip.ts';
import { growsEvenly } from '../../growth.ts';

const family = '👩‍👩‍👧‍👦'; // 25 bytes, one grapheme

describe('text is cut', () => {
  const vectors: ReadonlyArray<[why: string, text: string, max: number, pieces: readonly string[]]> = [
    ['not at all where it fits', 'hello world', 11, ['hello world']],
    ['not at all where it fits, spaces and codes included', ' \x02hi\x02  ', 8, [' \x02hi\x02  ']],
    ['into one empty piece where there is nothing', '', 10, ['']],
    ['at spaces', 'one two three', 8, ['one two', 'three']],
    ['at a space that just does not fit', 'one two', 3, ['one', 'two']],
    ['so that a run of spaces at the cut goes', 'one    two', 5, ['one', 'two']],
    ['so that spaces elsewhere stay', '  a  b  cccc', 7, ['  a  b', 'cccc']],
    ['in a word that fits no piece, filling the one before', 'ab cdefghijkl', 8, ['ab cdefg', 'hijkl']],
    ['before a link that fits a piece', 'see https://a.example/b', 20, ['see', 'https://a.example/b']],
    ['in a link that fits none', 'https://a.example/b', 10, ['https://a.', 'example/b']],
    ['between letters of several bytes', 'ééé', 5, ['éé', 'é']],
    ['between characters beyond 16 bits', '𝒳𝒳𝒳', 9, ['𝒳𝒳', '𝒳']],
    ['not within a family', `${family}${family}`, 30, [family, family]],
    ['before a family that does not fit any more', `abcd${family}`, 27, ['abcd', family]],
    ['within a family only where it fits no piece', family, 14, ['👩\u200d👩\u200d', '👧\u200d👦']],
    ['before a letter with its marks', 'abe\u0301', 4, ['ab', 'e\u0301']],
    ['after CRLF-free controls without harm', 'a\x07b', 4, ['a\x07b']],
    ['with at least four bytes a piece', 'aé𝒳', 0, ['aé', '𝒳']],
  ];
  for (const [why, text, max, pieces] of vectors) {
    test(`${why}: ${JSON.stringify(text)}`, () => assert.deepEqual(splitText(text, max), pieces));
  }
});

describe('formatting at a cut', () => {
  const vectors: ReadonlyArray<[why: string, text: string, max: number, pieces: readonly string[]]> = [
    ['is opened again', '\x02one two', 5, ['\x02one', '\x02two']],
    ['stays closed', '\x02one\x02 two', 6, ['\x02one\x02', 'two']],
    ['is reset by reset', '\x02\x0304one\x0f two', 9, ['\x02\x0304one\x0f', 'two']],
    ['is opened in one order', '\x1d\x02\x11one two', 8, ['\x1d\x02\x11one', '\x02\x11\x1dtwo']],
    ['writes colours with two digits', '\x034one 2two', 7, ['\x034one', '\x03042two']],
    ['keeps a background', '\x034,5one two', 10, ['\x034,5one', '\x0304,05two']],
    ['keeps a background under a new foreground', '\x034,5a\x037b two', 11, ['\x034,5a\x037b', '\x0307,05two']],
    ['fences a comma off a colour', '\x0304once ,5', 9, ['\x0304once', '\x0304\x02\x02,5']],
    ['forgets closed colours', '\x0304one\x03 two', 8, ['\x0304one\x03', 'two']],
    ['knows hex colours', '\x04ff0000one two', 11, ['\x04ff0000one', '\x04ff0000two']],
    ['never falls into a code', 'abcd\x0304,05efg', 9, ['abcd', '\x0304,05efg']],
    ['keeps a code whole before a mark', 'abcde\x034\u0301xyz', 7, ['abcde\x034', '\x0304\u0301xy', '\x0304z']],
    ['costs bytes like text', '\x02aaaa bbbb', 5, ['\x02aaaa', '\x02bbbb']],
    ['is left out where it would leave no room', '\x04ff0000,00ff00ab', 10, ['ab']],
    ['without text after it is dropped', 'one two\x0f', 7, ['one two']],
  ];
  for (const [why, text, max, pieces] of vectors) {
    test(`${why}: ${JSON.stringify(text)}`, () => assert.deepEqual(splitText(text, max), pieces));
  }
});

const formattedText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          ' ',
          '  ',
          ',5',
          '7',
          ',',
          'a.example/long-enough-word',
          family,
          'e\u0301\u0302\u0303',
        ),
      },
      { weight: 2, arbitrary: fc.constantFrom('\x02', '\x1d', '\x1f', '\x0f', '\x11', '\x16', '\x1e') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '\x03',
          '\x034',
          '\x0304',
          '\x0304,05',
          '\x04',
          '\x04ff0000',
          '\x04ff0000,00ff00',
          '\x03,',
        ),
      },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** Each visible UTF-16 unit with the formatting it has. */
const look = (text: string): readonly string[] =>
  maskCodes(text)
    .split('')
    .flatMap((unit, at) =>
      unit === '\x02' || unit === ' ' ? [] : [JSON.stringify([unit, formattingAfter(PLAIN, text, 0, at)])],
    );

describe('whatever the text', () => {
  test('no piece is longer than allowed, none is blank of characters, none breaks a character', () => {
    fc.assert(
      fc.property(formattedText, fc.integer({ min: 4, max: 80 }), (text, max) => {
        const pieces = splitText(text, max);
        assert.ok(pieces.length > 0);
        for (const piece of pieces) {
          assert.ok(Buffer.byteLength(piece) <= max, `${Buffer.byteLength(piece)} of ${max}: ${JSON.stringify(piece)}`);
          assert.equal(piece.isWellFormed(), true);
          if (pieces.length > 1) assert.match(stripFormatting(piece), /[^ ]/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('nothing visible is lost or added but spaces at cuts', () => {
    fc.assert(
      fc.property(formattedText, fc.integer({ min: 4, max: 80 }), (text, max) => {
        const whole = stripFormatting(text);
        let at = 0;
        for (const piece of splitText(text, max).map(stripFormatting)) {
          while (!whole.startsWith(piece, at) && whole[at] === ' ') at++;
          assert.ok(
            whole.startsWith(piece, at),
            `${JSON.stringify(piece)} is not at ${at} of ${JSON.stringify(whole)}`,
          );
          at += piece.length;
        }
        assert.match(whole.slice(at), /^ *$/);
      }),
      { numRuns: 2000 },
    );
  });

  test('every character looks as it did, where pieces have room for the codes', () => {
    fc.assert(
      fc.property(formattedText, fc.integer({ min: 40, max: 80 }), (text, max) => {
        assert.deepEqual(splitText(text, max).flatMap(look), look(text));
      }),
      { numRuns: 500 },
    );
  });

  test('a megabyte is cut in time that grows with its length, not with the square of it', () => {
    assert.ok(splitText('x'.repeat(1_000_000), 400).length === 2500);
    assert.ok(splitText(' '.repeat(1_000_000), 400).length === 1);
    assert.ok(splitText('\x0304'.repeat(200_000), 400).length === 1);
    for (const piece of ['x', ' ', '\x0304'])
      growsEvenly(JSON.stringify(piece), (size) => splitText(piece.repeat(size), 400), 320_000);
  });
});

describe('the budget of a body', () => {
  const known: BodyBudget = {
    lineLen: 512,
    nick: 'alice',
    user: '~alice',
    host: 'host.example',
    command: 'PRIVMSG',
    target: '#c',
    action: false,
  };

  test('leaves exactly the spare bytes of the line that others receive', () => {
    const body = 'x'.repeat(bodyBudget(known));
    const relayed = `:alice!~alice@host.example PRIVMSG #c :${body}\r\n`;
    assert.equal(Buffer.byteLength(relayed), 512 - 10);
  });

  test("counts an action's wrapping", () =>
    assert.equal(bodyBudget(known) - bodyBudget({ ...known, action: true }), 9));

  test('assumes ten bytes of user and 63 of host where they are not known', () => {
    assert.equal(
      bodyBudget({ ...known, user: undefined, host: undefined }),
      bodyBudget({ ...known, user: 'x'.repeat(10), host: 'x'.repeat(63) }),
    );
  });

  test('counts bytes of names', () => assert.equal(bodyBudget({ ...known, nick: 'älice' }), bodyBudget(known) - 1));

  test("grows with the server's line", () =>
    assert.equal(bodyBudget({ ...known, lineLen: 1024 }) - bodyBudget(known), 512));

  test('never falls below a character, and what does not fit then is refused by the encoder', () => {
    const target = `#${'c'.repeat(600)}`;
    assert.equal(bodyBudget({ ...known, target }), 4);
    assert.equal(encodeLine({ command: 'PRIVMSG', params: [target, 'x'] }).ok, false);
  });
});
