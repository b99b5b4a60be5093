import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mediaIn, mediaTags, pinnedIn, saidIn, talliedIn } from '../../../src/core/freeq/tags.ts';
import { parseLine } from '../../../src/core/irc/line.ts';

const tags = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));
const text = (...lines: readonly string[]) => ({ style: 'text', lines }) as const;

describe('what a message of freeq says', () => {
  test('is itself where no tag says otherwise', () => assert.deepEqual(saidIn(tags({}), text('a\\nb')), text('a\\nb')));

  test('has its line ends back where they were written as two characters', () =>
    assert.deepEqual(saidIn(tags({ '+freeq.at/multiline': '' }), text('one\\ntwo')), text('one', 'two')));

  const markdown = { '+freeq.at/mime': 'text/markdown' };

  test('has its Markdown as formatting', () =>
    assert.deepEqual(saidIn(tags(markdown), text('**bold** words')), text('\x02bold\x02 words')));

  test('has Markdown of several lines, which were written as one', () =>
    assert.deepEqual(
      saidIn(tags({ ...markdown, '+freeq.at/multiline': '' }), text('- *one*\\n- two')),
      text('• \x1done\x1d', '• two'),
    ));

  test('is as it was written where its tag names another type', () =>
    assert.deepEqual(saidIn(tags({ '+freeq.at/mime': 'text/markdownish' }), text('**x**')), text('**x**')));

  test('is never what was encrypted', () =>
    assert.deepEqual(saidIn(tags({ '+encrypted': '1' }), text('ENC1:abc')), {
      style: 'notice',
      lines: ['sent an encrypted message, which the bridge cannot read'],
    }));

  test('is what stands there where only a tag claims that it is encrypted', () =>
    assert.deepEqual(saidIn(tags({ '+encrypted': '1' }), text('plain words')), text('plain words')));
});

describe('who reacted, beside a message of freeq', () => {
  const tally = (value: string) => talliedIn(tags({ '+freeq.at/reactions': value }));

  test('is names by emoji', () => {
    assert.deepEqual(tally('👍:alice,bob;:):carol'), [
      { emoji: '👍', nick: 'alice' },
      { emoji: '👍', nick: 'bob' },
      { emoji: ':)', nick: 'carol' },
    ]);
    assert.deepEqual([talliedIn(tags({})), tally('')], [[], []]);
  });

  test('is unknown beside an edit, and where it cannot be read as a whole', () => {
    assert.equal(talliedIn(tags({ '+freeq.at/reactions': '👍:alice', '+draft/edit': '01ABC' })), undefined);
    for (const odd of ['👍', ':alice', '👍:', '👍:alice,', '👍:alice;', ';):alice;', `👍:${'a,'.repeat(50)}a`])
      assert.equal(tally(odd), undefined, odd);
  });
});

describe('a pin on freeq', () => {
  const notice = (source: string, command = 'NOTICE') =>
    pinnedIn(
      parseLine(`@+freeq.at/pin=01ABC :${source} ${command} #c :\x01ACTION pinned a message\x01`) ?? assert.fail(),
    );

  test('is what the server alone can have written', () => {
    assert.deepEqual(notice('frida!~u@host'), { msgid: '01ABC', pinned: true });
    assert.deepEqual(
      [
        notice('frida!~u@freeq/guest'),
        notice('frida!host@freeq/key/z6Mk'),
        notice('frida'),
        notice('frida!~u@host', 'PRIVMSG'),
      ],
      [undefined, undefined, undefined, undefined],
    );
  });
});

describe('a file that a message of freeq carries', () => {
  const url = 'https://irc.example/api/v1/media/1/sig/cat.png';

  test('has what its tags say', () =>
    assert.deepEqual(
      mediaIn(
        tags({
          '+freeq.at/media-url': url,
          '+freeq.at/media-mime': 'image/png',
          '+freeq.at/media-alt': 'a cat',
          '+freeq.at/media-filename': 'cat.png',
          '+freeq.at/media-w': '64',
          '+freeq.at/media-h': '48',
          '+freeq.at/media-size': '1234',
        }),
      ),
      [{ url, mimetype: 'image/png', filename: 'cat.png', alt: 'a cat', sizeBytes: 1234, width: 64, height: 48 }],
    ));

  test('is nothing but its URL where the rest is nonsense', () =>
    assert.deepEqual(
      mediaIn(tags({ '+freeq.at/media-url': url, '+freeq.at/media-mime': 'x', '+freeq.at/media-w': '-1' })),
      [{ url }],
    ));

  for (const bad of [
    '',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://',
    '//x/y',
    `https://x/${'a'.repeat(3000)}`,
  ])
    test(`is none at ${bad.slice(0, 30) || 'no URL'}`, () =>
      assert.deepEqual(mediaIn(tags({ '+freeq.at/media-url': bad })), []));

  test('is read as it was written', () => {
    const media = {
      url,
      mimetype: 'image/png',
      filename: 'cat.png',
      alt: 'a cat',
      sizeBytes: 9,
      width: 64,
      height: 48,
    };
    assert.deepEqual([mediaIn(mediaTags(media)), mediaIn(mediaTags({ url }))], [[media], [{ url }]]);
  });

  test('is written within bounds, on one line', () => {
    const alt = `a\r\n\x02cat\0${'x'.repeat(4000)}`;
    const written = mediaTags({ url, mimetype: 'no type', alt, filename: '' });
    assert.deepEqual([...written.keys()], ['+freeq.at/media-url', '+freeq.at/media-alt']);
    assert.equal(written.get('+freeq.at/media-alt'), `a cat${'x'.repeat(395)}`);
    assert.deepEqual(mediaTags({ url: `https://x/${'a'.repeat(3000)}` }), new Map());
  });

  test('is none where the tag has no prefix: a server would have stripped it', () =>
    assert.deepEqual(mediaIn(tags({ 'freeq.at/media-url': url })), []));
});
