import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readMarkdown } from '../../../src/core/text/markdown.ts';
import { plainText } from '../../../src/core/text/spans.ts';
import { writeHtml } from '../../../src/core/text/spans-to-html.ts';
import { growsEvenly } from '../../growth.ts';

const html = (text: string): string => writeHtml(readMarkdown(text.split('\n')) ?? assert.fail('it was not read'));

const READ: readonly (readonly [what: string, markdown: string, html: string])[] = [
  ['nothing', 'plain words', 'plain words'],
  ['bold', '**bold** words', '<strong>bold</strong> words'],
  ['bold with the other sign', 'so __bold__', 'so <strong>bold</strong>'],
  ['italic', '*a* and _b_', '<em>a</em> and <em>b</em>'],
  ['both at once', '***both***', '<strong><em>both</em></strong>'],
  ['one in the other', '**a *b* c**', '<strong>a <em>b</em> c</strong>'],
  ['one in the other, both ending', '*a **b***', '<em>a </em><strong><em>b</em></strong>'],
  ['struck out', '~~gone~~', '<del>gone</del>'],
  ['code, with marks in it', '`**x**` y', '<code>**x**</code> y'],
  ['code with a tick in it', '`` a`b ``', '<code>a`b</code>'],
  [
    'a link',
    'see [the **page**](https://x.example/a_(b))',
    'see the <strong>page</strong> &lt;https://x.example/a_(b)&gt;',
  ],
  ['a link that shows where it leads', '[https://x.example](https://x.example)', 'https://x.example'],
  ['a picture', '![a cat](https://x.example/cat.png "title")', 'a cat &lt;https://x.example/cat.png&gt;'],
  ['a heading', '## Heading ##', '<strong>Heading</strong>'],
  ['a list', '- one\n  * two\n3. three', '• one<br>\u00a0\u00a0• two<br>3. three'],
  ['a quote', '> said\n> > before', '&gt; said<br>&gt; &gt; before'],
  ['a rule', '---', '———'],
  ['a block of code', '```js\nif (a) **b**\n```\nafter', '<code>if (a) **b**</code><br>after'],
  ['an escape', '\\*not\\* a [b', '*not* a [b'],
];

const LEFT: readonly string[] = [
  '2 * 3 * 4',
  'snake_case_name',
  '**never closed',
  'a****b',
  'one ` tick',
  '[a](no end',
  '#nospace',
  '-1 is a number',
  'a ~ b',
  '*a **b',
];

describe('Markdown', () => {
  for (const [what, markdown, expected] of READ) test(`is read: ${what}`, () => assert.equal(html(markdown), expected));

  for (const text of LEFT)
    test(`is not what only looks like it: ${text}`, () =>
      assert.deepEqual(readMarkdown([text]), [[{ text, looks: {} }]]));

  test('writes no markup of its own', () => assert.equal(html('**<b>**'), '<strong>&lt;b&gt;</strong>'));

  test('loses no word, whatever marks are around it', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('*', '**', '_', '~~', '`', '[', '](u)', '!', '\\', ' ', 'word', '> ', '- ', '#'), {
          maxLength: 40,
        }),
        (parts) => {
          const [line = []] = readMarkdown([parts.join('')]) ?? [];
          const words = (text: string): number => text.split('word').length;
          assert.equal(words(plainText(line)), words(parts.join('')));
        },
      ),
    ));

  for (const sign of ['*', '**a ', '_a ', '`', '``` `', '[', '[a](', '[a](b(', '![', '> ', '~~', '\\'])
    test(`of ${sign} without end is read in one pass`, () => {
      const made = (size: number): string => sign.repeat(Math.floor(size / sign.length));
      growsEvenly(sign, (size) => readMarkdown([made(size)]), 60_000);
    });

  test('beyond all bounds is not read', () => assert.equal(readMarkdown(['a'.repeat(70_000)]), undefined));
});
