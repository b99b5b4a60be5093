import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_LINE_LIMITS, encodeLine, type OutgoingLine, sanitizeText } from '../../../src/core/irc/encode.ts';
import { parseLine } from '../../../src/core/irc/line.ts';

const encoded = (line: OutgoingLine, limits = DEFAULT_LINE_LIMITS): string => {
  const result = encodeLine(line, limits);
  return result.ok ? result.value : result.error.code;
};

describe('a line is written', () => {
  const vectors: ReadonlyArray<[line: OutgoingLine, text: string]> = [
    [{ command: 'PING', params: [] }, 'PING'],
    [{ command: 'PRIVMSG', params: ['#c', 'hi'] }, 'PRIVMSG #c hi'],
    [{ command: 'PRIVMSG', params: ['#c', 'hi there'] }, 'PRIVMSG #c :hi there'],
    [{ command: 'PRIVMSG', params: ['#c', ':)'] }, 'PRIVMSG #c ::)'],
    [{ command: 'PRIVMSG', params: ['#c', ' x'] }, 'PRIVMSG #c : x'],
    [{ command: 'TOPIC', params: ['#c', ''] }, 'TOPIC #c :'],
    [{ command: '001', params: ['me'] }, '001 me'],
    [
      {
        command: 'TAGMSG',
        params: ['#c'],
        tags: new Map([
          ['+react', '👍'],
          ['label', ''],
        ]),
      },
      '@+react=👍;label TAGMSG #c',
    ],
    [{ command: 'PING', params: [], tags: new Map([['+a.b/c', 'x;y z\\\r\n']]) }, '@+a.b/c=x\\:y\\sz\\\\\\r\\n PING'],
    [{ command: 'PING', params: [], tags: new Map() }, 'PING'],
    [{ command: 'PRIVMSG', params: ['#c', 'a\ud800b'] }, 'PRIVMSG #c a\ufffdb'],
  ];
  for (const [line, text] of vectors) test(JSON.stringify(text), () => assert.equal(encoded(line), text));
});

describe('a line is refused', () => {
  const malformed: ReadonlyArray<[why: string, line: OutgoingLine]> = [
    ['CR in the text', { command: 'PRIVMSG', params: ['#c', 'a\rQUIT'] }],
    ['LF in the text', { command: 'PRIVMSG', params: ['#c', 'a\nQUIT'] }],
    ['NUL in the text', { command: 'PRIVMSG', params: ['#c', 'a\0'] }],
    ['LF in a target', { command: 'PRIVMSG', params: ['#c\nQUIT', 'a'] }],
    ['a space in a target', { command: 'JOIN', params: ['#c key', 'a'] }],
    ['a colon before a target', { command: 'PRIVMSG', params: [':#c', 'a'] }],
    ['an empty target', { command: 'PRIVMSG', params: ['', 'a'] }],
    ['a command with a space', { command: 'QUIT x', params: [] }],
    ['a command with a line break', { command: 'QUIT\n', params: [] }],
    ['a command in lower case', { command: 'quit', params: [] }],
    ['an empty command', { command: '', params: [] }],
    ['sixteen parameters', { command: 'NOTE', params: Array.from({ length: 16 }, () => 'x') }],
    ['a space in a tag key', { command: 'PING', params: [], tags: new Map([['a b', '']]) }],
    ['an empty tag key', { command: 'PING', params: [], tags: new Map([['', '']]) }],
    ['a semicolon in a tag key', { command: 'PING', params: [], tags: new Map([['a;b', '']]) }],
    ['NUL in a tag value', { command: 'PING', params: [], tags: new Map([['a', '\0']]) }],
  ];
  for (const [why, line] of malformed) test(why, () => assert.equal(encoded(line), 'irc_line_malformed'));

  test("beyond the server's line, counted in bytes with its ending", () => {
    const head = 'PRIVMSG #c ';
    const room = 512 - 2 - head.length;
    assert.equal(
      encoded({ command: 'PRIVMSG', params: ['#c', 'é'.repeat(room / 2)] }).length,
      head.length + Math.floor(room / 2),
    );
    assert.equal(encoded({ command: 'PRIVMSG', params: ['#c', `${'x'.repeat(room)}`] }).length, 510);
    assert.equal(encoded({ command: 'PRIVMSG', params: ['#c', `${'x'.repeat(room + 1)}`] }), 'irc_line_too_long');
    assert.equal(
      encoded({ command: 'PRIVMSG', params: ['#c', 'x'.repeat(900)] }, { lineBytes: 1024, tagBytes: 4094 }).length,
      911,
    );
  });

  test('beyond 4094 bytes of tags, which do not count as line', () => {
    const value = (length: number) => ({
      command: 'PRIVMSG',
      params: ['#c', 'x'.repeat(499)],
      tags: new Map([['+k', 'v'.repeat(length)]]),
    });
    assert.equal(encoded(value(4091)).length, 1 + 4094 + 1 + 510);
    assert.equal(encoded(value(4092)), 'irc_line_too_long');
  });
});

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

test('whatever is put in, what comes out is one line that says just that', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('PRIVMSG', 'TOPIC', 'KICK'),
      fc.array(
        fc.oneof(anyText, fc.constantFrom('#c', ':', '', ' ', '\r', 'a b', '\n'), fc.stringMatching(/^[a-z#]{1,6}$/)),
        { maxLength: 5 },
      ),
      fc.dictionary(fc.oneof(fc.stringMatching(/^\+?[a-z/.-]{1,6}$/), anyText), anyText, { maxKeys: 4 }),
      (command, params, tagObject) => {
        const tags = new Map(Object.entries(tagObject));
        const result = encodeLine({ command, params, tags });
        if (!result.ok) return;
        assert.doesNotMatch(result.value, /[\r\n\0]/);
        const line = parseLine(result.value);
        assert.equal(line?.command, command);
        assert.deepEqual(
          line?.params,
          params.map((param) => param.toWellFormed()),
        );
        assert.deepEqual(
          new Map([...(line?.tags ?? [])].sort()),
          new Map([...tags].map(([key, value]): [string, string] => [key, value.toWellFormed()]).sort()),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

describe('text for a message', () => {
  const vectors: ReadonlyArray<[text: string, clean: string]> = [
    ['hello', 'hello'],
    ['\x01ACTION dies\x01', 'ACTION dies'],
    ['a\r\nb\nc\rd', 'a b c d'],
    ['if\tx', 'if    x'],
    [
      '\x02b\x0f \x0304,05c\x03 \x04ff0000d \x11m\x11 \x16r \x1di \x1es \x1fu',
      '\x02b\x0f \x0304,05c\x03 \x04ff0000d \x11m\x11 \x16r \x1di \x1es \x1fu',
    ],
    ['\x1b[31mred\x9b0m \x07\x08\x00\x7f', '[31mred0m '],
    ['a\ud800b👩‍👩‍👧', 'a\ufffdb👩‍👩‍👧'],
  ];
  for (const [text, clean] of vectors) test(JSON.stringify(text), () => assert.equal(sanitizeText(text), clean));

  test('is always sendable and never a CTCP', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clean = sanitizeText(text);
        assert.doesNotMatch(clean, /[\0\x01\r\n]/);
        assert.equal(encodeLine({ command: 'PRIVMSG', params: ['#c', clean] }).ok, true);
        assert.equal(sanitizeText(clean), clean);
      }),
    );
  });
});
