import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  contrast,
  DARK_WINDOW,
  LEAST_CONTRAST,
  LIGHT_WINDOW,
  legible,
  PALETTE,
} from '../../../src/core/text/colours.ts';
import { readHtml } from '../../../src/core/text/html-to-spans.ts';
import { readIrc } from '../../../src/core/text/irc-to-spans.ts';
import { findMentions, markMentions } from '../../../src/core/text/mentions.ts';
import { hasLooks, type Looks, plainText, pushSpan, type Span } from '../../../src/core/text/spans.ts';
import { writeHtml } from '../../../src/core/text/spans-to-html.ts';
import { writeIrc } from '../../../src/core/text/spans-to-irc.ts';
import { stripFormatting } from '../../../src/core/text/strip.ts';
import { growsEvenly } from '../../growth.ts';

const toHtml = (...lines: string[]): string => writeHtml(lines.map(readIrc));
const toIrc = (html: string): readonly string[] | undefined => readHtml(html)?.map(writeIrc);

describe('what IRC clients send becomes HTML:', () => {
  const cases: ReadonlyArray<[name: string, irc: string, html: string]> = [
    ['plain text', 'a < b & "c"', 'a &lt; b &amp; &quot;c&quot;'],
    ['bold', 'a \x02b\x02 c', 'a <strong>b</strong> c'],
    ['italic', '\x1db\x1d', '<em>b</em>'],
    ['underline', '\x1fb\x1f', '<u>b</u>'],
    ['strike', '\x1eb\x1e', '<del>b</del>'],
    ['monospace', 'run \x11ls -l\x11 now', 'run <code>ls -l</code> now'],
    ['overlap', '\x02a\x1db\x02c\x1d', '<strong>a<em>b</em></strong><em>c</em>'],
    ['a colour', '\x0304red\x03 not', '<span data-mx-color="#ff0000">red</span> not'],
    ['one digit', '\x034red\x03', '<span data-mx-color="#ff0000">red</span>'],
    ['digits behind a colour', '\x030412', '<span data-mx-color="#ff0000">12</span>'],
    ['a comma behind a colour', '\x0304,x', '<span data-mx-color="#ff0000">,x</span>'],
    ['colour and background', '\x0301,08x', '<span data-mx-color="#000000" data-mx-bg-color="#ffff00">x</span>'],
    [
      'too little contrast on a background',
      '\x0300,08x',
      '<span data-mx-color="#000000" data-mx-bg-color="#ffff00">x</span>',
    ],
    ['hex colour', '\x04FF0000x', '<span data-mx-color="#ff0000">x</span>'],
    ['white, which light windows swallow', '\x0300x', 'x'],
    ['black, which dark windows swallow', '\x0301x', 'x'],
    ['the reader’s own colour', '\x0399x', 'x'],
    ['reverse without colours', '\x16x', 'x'],
    ['reverse of colours', '\x0300,04\x16x', '<span data-mx-color="#ff0000" data-mx-bg-color="#ffffff">x</span>'],
    ['reset', '\x02\x1d\x0304a\x0fb', '<span data-mx-color="#ff0000"><strong><em>a</em></strong></span>b'],
    ['a spoiler', 'so: \x0301,01he dies\x03!', 'so: <span data-mx-spoiler>he dies</span>!'],
    ['a labelled spoiler', '[spoiler: end] \x0301,01he dies\x0f', '<span data-mx-spoiler="end">he dies</span>'],
    ['a rainbow of one colour', '\x0304a\x0304b\x0304c', '<span data-mx-color="#ff0000">abc</span>'],
    ['a code that changes nothing', 'a\x02\x02b', 'ab'],
    ['markup', '\x02<script>alert(1)</script>', '<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>'],
    ['terminal codes', '\x02a\x1b[31mb', '<strong>a[31mb</strong>'],
    ['pictures of spaces', '\x02  a   b', '<strong>\u00a0\u00a0a\u00a0\u00a0 b</strong>'],
  ];
  for (const [name, irc, html] of cases) test(name, () => assert.equal(toHtml(irc), html));

  test('lines', () => assert.equal(toHtml('a', '\x02b', 'c'), 'a<br><strong>b</strong><br>c'));
});

describe('what Matrix clients send becomes lines of IRC:', () => {
  const cases: ReadonlyArray<[name: string, html: string, lines: readonly string[]]> = [
    ['Element: bold and italic', 'a <strong>b</strong> <em>c</em>', ['a \x02b\x02 \x1dc\x1d']],
    ['Element: strike', '<del>x</del>', ['\x1ex\x1e']],
    ['Element: underline', '<u>x</u>', ['\x1fx\x1f']],
    ['Element: inline code', 'run <code>a &lt; b</code>', ['run \x11a < b\x11']],
    [
      'Element: code block',
      '<pre><code class="language-js">if (x) {\n  y();\n\n}\n</code></pre>\n',
      ['\x11if (x) {\x11', '\x11  y();\x11', '\x11}\x11'],
    ],
    ['Element: paragraphs', '<p>a<br>b</p>\n<p>c</p>\n', ['a', 'b', 'c']],
    ['Element: list', '<ul>\n<li>a</li>\n<li>b\n<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n', ['• a', '• b', '  • c']],
    ['Element: numbers', '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n', ['3. a', '4. b']],
    ['FluffyChat: list of paragraphs', '<ol><li><p>a</p><p>b</p></li><li><p>c</p></li></ol>', ['1. a', '  b', '2. c']],
    ['Element: quote', '<blockquote>\n<p>a<br>b</p>\n</blockquote>\n<p>c</p>\n', ['> a', '> b', 'c']],
    ['quote in a quote', '<blockquote><blockquote>a</blockquote>b</blockquote>', ['> > a', '> b']],
    ['Element: heading', '<h1>Plan</h1>\n<p>x</p>', ['\x02Plan\x02', 'x']],
    ['Element: rule', '<p>a</p><hr><p>b</p>', ['a', '———', 'b']],
    ['Element: link', '<a href="https://a.example/x?y=1&amp;z=2">here</a>!', ['here <https://a.example/x?y=1&z=2>!']],
    ['FluffyChat: link that shows itself', 'see <a href="https://a.example/">a.example</a>', ['see a.example']],
    ['a link to nowhere', '<a href="javascript:alert(1)">x</a>', ['x']],
    ['a link around nothing', '<a href="https://a.example"></a>', ['https://a.example']],
    ['Element: spoiler', 'so <span data-mx-spoiler>he dies</span>', ['so [spoiler] \x0301,01he dies\x0f']],
    ['Element: spoiler with reason', '<span data-mx-spoiler="end">1</span>', ['[spoiler: end] \x0301,011\x0f']],
    [
      'Element: rainbow',
      '<font color="#ff0000" data-mx-color="#ff0000">1</font><font color="#00b500" data-mx-color="#00b500">,2</font>',
      ['\x03041\x0344\x02\x02,2\x0f'],
    ],
    ['a colour nobody could read', '<font data-mx-color="#ffffff">x</font>', ['x']],
    [
      'a colour and its background',
      '<span data-mx-color="#ff0000" data-mx-bg-color="#000000">x</span>',
      ['\x0304,01x\x0f'],
    ],
    [
      'one colour on itself is no spoiler',
      '<span data-mx-color="#ff0000" data-mx-bg-color="#ff0000">x</span>',
      ['\x0301,04x\x0f'],
    ],
    [
      'custom emoji',
      'hi <img data-mx-emoticon src="mxc://a/b" alt=":wave:" title=":wave:" height="32">',
      ['hi :wave:'],
    ],
    ['details', '<details><summary>More</summary><p>a</p></details>', ['\x02More\x02', 'a']],
    [
      'table',
      '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>',
      ['\x02a\x02 | \x02b\x02', '1 | 2'],
    ],
    ['what is answered', '<mx-reply><blockquote>secret</blockquote></mx-reply>yes', ['yes']],
    ['scripts', 'a<script>b</script><style>c</style>', ['a']],
    [
      'room pill',
      '<a href="https://matrix.to/#/%23garden:willow.example">#garden:willow.example</a>',
      ['#garden:willow.example'],
    ],
    [
      'a link to an event',
      '<a href="https://matrix.to/#/!r:w.example/$e">this</a>',
      ['this <https://matrix.to/#/!r:w.example/$e>'],
    ],
    ['entities', '&lt;b&gt; &amp;amp; &#x41;&nbsp;&nbsp;z &hearts;', ['<b> &amp; A  z ♥']],
    ['white space', '  a \n\t b  <b> c </b> d', ['a b \x02c \x02d']],
    ['broken markup', '<b>a<i>b</b>c</i><', ['\x02a\x1db\x02\x1dc<']],
    [
      'line ends that people smuggle',
      'a&#13;&#10;QUIT<pre>b&#13;&#10;c&#0;d</pre>',
      ['a QUIT', '\x11b\x11', '\x11c�d\x11'],
    ],
    ['codes that people smuggle', '&#x2;a&#3;4b', ['a4b']],
    ['nothing', '<p></p><br>', []],
  ];
  for (const [name, html, lines] of cases) test(name, () => assert.deepEqual(toIrc(html), lines));

  test('people are told by their ids', () => {
    const pill: Looks = { mention: '@alice:w.example' };
    const mention = [
      { text: 'Alice', looks: pill },
      { text: ': hi', looks: {} },
    ];
    for (const href of [
      'https://matrix.to/#/@alice:w.example',
      'https://matrix.to/#/%40alice%3Aw.example?via=x',
      'matrix:u/alice:w.example',
    ])
      assert.deepEqual(readHtml(`<a href="${href}">Alice</a>: hi`), [mention]);
  });
});

const look = fc.record(
  {
    bold: fc.constant<true>(true),
    italic: fc.constant<true>(true),
    underline: fc.constant<true>(true),
    strike: fc.constant<true>(true),
    code: fc.constant<true>(true),
    foreground: fc.constantFrom(...PALETTE),
    background: fc.constantFrom(...PALETTE),
    spoiler: fc.constantFrom('', 'why', 'a "b" <c>'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Looks>;

const visible = fc.oneof(
  fc.string(),
  fc.constantFrom('1', ',5', '12,3', 'ab', ' ', '<b>', '&amp;', '日本', '👍', "'", '0'),
);

const richLine = fc.array(fc.tuple(visible, look), { maxLength: 8 }).map((pairs) => {
  const spans: Span[] = [];
  for (const [text, looks] of pairs) pushSpan(spans, stripFormatting(text).replace(/[\n\t]/g, ''), looks);
  return spans;
});

const LABELS = /\[spoiler(?:: [^[\]]*)?\] /g;

describe('of any text', () => {
  test('all that is visible reaches IRC, and nothing else but labels of spoilers', () => {
    fc.assert(
      fc.property(richLine, (line) => {
        const irc = writeIrc(line);
        const shown = stripFormatting(irc);
        assert.doesNotMatch(irc, /[\r\n\0\x01]/);
        assert.equal(shown.replace(LABELS, ''), plainText(line).replace(LABELS, ''));
      }),
      { numRuns: 1000 },
    );
  });

  test('looks survive IRC, but for colours that cannot be told apart', () => {
    const withoutColours = ({ foreground: _, background: __, spoiler, ...looks }: Looks): Looks => ({
      ...looks,
      ...(spoiler === undefined ? {} : { spoiler: '' }),
    });
    const letters = (line: readonly Span[]): unknown[] =>
      line.flatMap(({ text, looks }) => [...text].map((letter) => [letter, withoutColours(looks)]));
    const unlabelled = (line: readonly Span[]): boolean => !/[[\]]/.test(plainText(line));
    fc.assert(
      fc.property(richLine.filter(unlabelled), (line) => {
        assert.deepEqual(letters(readIrc(writeIrc(line))), letters(line));
      }),
      { numRuns: 1000 },
    );
  });

  test('text and looks survive HTML', () => {
    const squeezed = (line: readonly Span[]): string => plainText(line).trim();
    fc.assert(
      fc.property(richLine, (line) => {
        const back = readHtml(writeHtml([line])) ?? [];
        assert.ok(back.length <= 1);
        assert.equal(
          squeezed(back[0] ?? []),
          squeezed(line.map((span) => ({ ...span, text: span.text.replaceAll('\u00a0', ' ') }))),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('lines that were carried once are carried the same way for ever', () => {
    fc.assert(
      fc.property(richLine, (line) => {
        const once = writeIrc(readIrc(writeIrc(line)));
        assert.equal(writeIrc(readIrc(once)), once);
      }),
    );
  });

  test('a colour that is passed on can be read on light and dark', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
        const shown = legible(number.toString(16).padStart(6, '0'));
        if (shown === undefined) return;
        for (const window of [LIGHT_WINDOW, DARK_WINDOW]) assert.ok(contrast(shown, window) >= LEAST_CONTRAST, shown);
      }),
    );
  });
});

const markup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '</',
        '/>',
        '<!--',
        '-->',
        '<![CDATA[',
        '&#',
        '&#0;',
        '&#x0a;',
        '\r\n',
        '\0',
        '\x01',
        '\x03',
        '=',
        ' ',
      ),
      fc.constantFrom(
        'b',
        'span',
        'a',
        'li',
        'ol',
        'ul',
        'pre',
        'blockquote',
        'mx-reply',
        'script',
        'table',
        'td',
        'p',
        'br',
        'svg',
        'title',
      ),
      fc.constantFrom(
        '<b>',
        '</b>',
        '<a href="',
        '<span data-mx-spoiler="',
        '<ol start="',
        '<li>',
        '</li>',
        '<pre>',
        '</pre>',
        '<font color="#',
      ),
      fc.string(),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('of hostile input', () => {
  test('no HTML throws, and none leaves its line', () => {
    fc.assert(
      fc.property(markup, (html) => {
        for (const line of toIrc(html) ?? []) {
          assert.doesNotMatch(line, /[\r\n\0\x01]/);
          assert.notEqual(stripFormatting(line).trim(), '');
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('no line of IRC throws, and none makes markup', () => {
    const codes = fc.constantFrom(
      '\x02',
      '\x03',
      '\x04',
      '\x0f',
      '\x11',
      '\x16',
      '\x1d',
      '\x1e',
      '\x1f',
      '\x01',
      '3',
      ',',
      '12',
      'ff0000',
      '<a href="">',
      '&lt;',
      '\n',
      '\0',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(codes, fc.string()), { maxLength: 40 }), (parts) => {
        const line = parts.join('');
        const html = toHtml(line);
        const ours =
          /<\/?(?:strong|em|u|del|code|span)>|<span(?: data-mx-(?:spoiler|color="#[0-9a-f]{6}"|bg-color="#[0-9a-f]{6}"))+>/g;
        assert.doesNotMatch(html.replace(ours, ''), /[<>"'\p{Cc}\p{Cs}]/u);
        assert.equal(
          plainText(readIrc(line)).replace(LABELS, ''),
          stripFormatting(line).replaceAll('\n', ' ').replace(LABELS, ''),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('the worst that fits an event is read in one pass', () => {
    const attacks: ReadonlyArray<[unit: string, times: number]> = [
      ['<b>', 20_000],
      ['<b></i>', 9_000],
      ['<p>', 20_000],
      ['<blockquote>x<br>', 3_500],
      ['<a href="https://x.example/">x', 2_000],
      [`<span data-mx-spoiler="${'y'.repeat(90)}">x<br>`, 500],
      ['&amp;', 13_000],
      ['<b>x</b>', 8_000],
      ['<', 60_000],
      ['<!--', 16_000],
      ['<b> </b>', 8_000],
    ];
    for (const [unit, times] of attacks) growsEvenly(unit, (size) => toIrc(unit.repeat(size)), times);
  });

  test('what is too long, too deep or in too many pieces is not read', () => {
    assert.deepEqual(
      ['x'.repeat(70_000), '<i>'.repeat(101), '<br>x'.repeat(11_000)].map((html) => readHtml(html)),
      [undefined, undefined, undefined],
    );
  });

  test('names are found in any text, in order and apart, and marking them changes no letter', () => {
    const words = fc.constantFrom('alice', '@alice', 'alice:', ' ', '.', '/', '@', '日本', 'bob', ',', ': ', '#');
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 30 }), richLine, (parts, line) => {
        const text = parts.join('');
        const mentions = findMentions(text, (name) => (name.length > 3 ? `@${name}:x` : undefined));
        let at = 0;
        for (const { from, to } of mentions) {
          assert.ok(from >= at && to > from && to <= text.length);
          at = to;
        }
        assert.equal(plainText(markMentions([{ text, looks: {} }], mentions)), text);
        assert.equal(plainText(markMentions(line, mentions)), plainText(line));
      }),
      { numRuns: 1000 },
    );
  });

  test('a line without looks is known for one', () => {
    assert.deepEqual([hasLooks(readIrc('a\x0fb')), hasLooks(readIrc('a\x02b'))], [false, true]);
  });
});
