import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type IrcLine, MAX_LINE_CHARS, MAX_TAGS, parseLine, parseSource } from '../../../src/core/irc/line.ts';

type Expected = { tags?: Record<string, string>; source?: string; command: string; params?: readonly string[] };

const plain = (line: IrcLine | undefined): Expected | undefined =>
  line && {
    ...(line.tags.size > 0 && { tags: Object.fromEntries(line.tags) }),
    ...(line.source && { source: line.source.raw }),
    command: line.command,
    ...(line.params.length > 0 && { params: line.params }),
  };

describe('a line is taken apart', () => {
  const vectors: ReadonlyArray<[text: string, expected: Expected]> = [
    ['PING', { command: 'PING' }],
    ['ping x', { command: 'PING', params: ['x'] }],
    ['NOTE a b c', { command: 'NOTE', params: ['a', 'b', 'c'] }],
    ['NOTE a b :', { command: 'NOTE', params: ['a', 'b', ''] }],
    ['NOTE a b :c d', { command: 'NOTE', params: ['a', 'b', 'c d'] }],
    ['NOTE a b ::c', { command: 'NOTE', params: ['a', 'b', ':c'] }],
    ['NOTE a b :  c  ', { command: 'NOTE', params: ['a', 'b', '  c  '] }],
    ['NOTE a b:c d', { command: 'NOTE', params: ['a', 'b:c', 'd'] }],
    ['NOTE   a   b  ', { command: 'NOTE', params: ['a', 'b'] }],
    ['NOTE a\tb c', { command: 'NOTE', params: ['a\tb', 'c'] }],
    [':irc.example 001 me :Hello', { source: 'irc.example', command: '001', params: ['me', 'Hello'] }],
    [':n!~u@h PRIVMSG #c hi', { source: 'n!~u@h', command: 'PRIVMSG', params: ['#c', 'hi'] }],
    [':n!u@\x02h\x03 PRIVMSG #c :x', { source: 'n!u@\x02h\x03', command: 'PRIVMSG', params: ['#c', 'x'] }],
    [':   NOTE a', { command: 'NOTE', params: ['a'] }],
    [':irc.example 432  #x :Bad nick', { source: 'irc.example', command: '432', params: ['#x', 'Bad nick'] }],
    ['@a=1;b;c= NOTE', { tags: { a: '1', b: '', c: '' }, command: 'NOTE' }],
    ['@a=1;a=2;a NOTE', { tags: { a: '' }, command: 'NOTE' }],
    ['@a=1;A=2 NOTE', { tags: { a: '1', A: '2' }, command: 'NOTE' }],
    ['@v.example/k=1;+w/k=2 :s NOTE', { tags: { 'v.example/k': '1', '+w/k': '2' }, source: 's', command: 'NOTE' }],
    ['@a=b\\:c\\sd\\\\e\\rf\\ng NOTE', { tags: { a: 'b;c d\\e\rf\ng' }, command: 'NOTE' }],
    ['@a=\\b\\1\\é\\👍 NOTE', { tags: { a: 'b1é👍' }, command: 'NOTE' }],
    ['@a=b\\ NOTE', { tags: { a: 'b' }, command: 'NOTE' }],
    ['@a=b\\\\\\ NOTE', { tags: { a: 'b\\' }, command: 'NOTE' }],
    ['@a=b=c==;;=x;+ NOTE', { tags: { a: 'b=c==', '+': '' }, command: 'NOTE' }],
    ['@ NOTE', { command: 'NOTE' }],
    ['@a=1   :s   NOTE   x', { tags: { a: '1' }, source: 's', command: 'NOTE', params: ['x'] }],
    ['@__proto__=1;constructor=2 NOTE', { tags: JSON.parse('{"__proto__":"1","constructor":"2"}'), command: 'NOTE' }],
    [
      'NOTE 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 :x',
      {
        command: 'NOTE',
        params: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15 16 :x'],
      },
    ],
    ['PING x\r\n', { command: 'PING', params: ['x'] }],
    ['PING x\n', { command: 'PING', params: ['x'] }],
    ['PRIVMSG #c :日本 \ud800', { command: 'PRIVMSG', params: ['#c', '日本 \ud800'] }],
  ];
  for (const [text, expected] of vectors) {
    test(JSON.stringify(text), () => assert.deepEqual(plain(parseLine(text)), expected));
  }
});

describe('no IRC line', () => {
  const refused = [
    '',
    ' ',
    '\r\n',
    ':',
    ':n!u@h',
    ':n!u@h ',
    '@a=1',
    '@a=1 ',
    '@a=1 :n',
    '12',
    '1234',
    '12a',
    'PRIV.MSG x',
    'ÄPING',
    '#c :x',
    'PING a\rQUIT',
    'PING a\nQUIT',
    'PING a\0',
    'PING a\n\n',
    '\0PING',
  ];
  for (const text of refused) test(JSON.stringify(text), () => assert.equal(parseLine(text), undefined));

  test('a line beyond the bound', () => {
    const fits = `PING ${'x'.repeat(MAX_LINE_CHARS - 5)}`;
    assert.notEqual(parseLine(fits), undefined);
    assert.equal(parseLine(`${fits}x`), undefined);
  });
});

describe('tags of a hostile line', () => {
  test("are bounded, and a client cannot push the server's out", () => {
    const clientTags = Array.from({ length: 1300 }, (_, i) => `+${i}`).join(';');
    const tags = parseLine(`@${clientTags};msgid=1;account=alice PRIVMSG #c :x`)?.tags;
    assert.equal(tags?.size, MAX_TAGS);
    assert.equal(tags?.get('msgid'), '1');
    assert.equal(tags?.get('account'), 'alice');
  });

  test('that say who said what about which message are taken before all others, with or without a +', () => {
    const telling = '+draft/edit=01A;+freeq.at/origin=J.test;account=alice;batch=b;msgid=1;time=t';
    const junk = Array.from({ length: 2 * MAX_TAGS }, (_, i) => `${i % 2 === 0 ? '+' : ''}j${i}`).join(';');
    const { tags } = parseLine(`@${junk};${telling} PRIVMSG #c :x`) ?? {};
    assert.equal(tags?.size, MAX_TAGS);
    assert.equal(
      telling
        .split(';')
        .map((tag) => tag.split('=')[0] ?? '')
        .map((key) => `${key}=${tags?.get(key)}`)
        .join(';'),
      telling,
    );
  });

  test('that only look like the server’s are left out where it is known which ones it writes', () => {
    const line = parseLine('@account=a;draft/relaymsg=causeway;+react=x;label=1 PRIVMSG #c :x', new Set(['account']));
    assert.deepEqual(plain(line)?.tags, { account: 'a', '+react': 'x' });
  });

  test('over the bound still update a key that is there', () => {
    const many = Array.from({ length: MAX_TAGS }, (_, i) => `k${i}=old`).join(';');
    assert.equal(parseLine(`@${many};k0=new;extra=1 PING`)?.tags.get('k0'), 'new');
  });
});

describe('a source is taken apart', () => {
  const vectors: ReadonlyArray<[raw: string, expected: object | undefined]> = [
    ['n', { nick: 'n' }],
    ['irc.example', { nick: 'irc.example' }],
    ['n!u@h', { nick: 'n', user: 'u', host: 'h' }],
    ['n!u', { nick: 'n', user: 'u' }],
    ['n@h', { nick: 'n', host: 'h' }],
    ['n!@', { nick: 'n' }],
    ['n!u@x@h', { nick: 'n', user: 'u@x', host: 'h' }],
    ['a@b!u', { nick: 'a@b', user: 'u' }],
    ['alice/matrix!~u@2001:db8::1', { nick: 'alice/matrix', user: '~u', host: '2001:db8::1' }],
    ['!u@h', undefined],
    ['@h', undefined],
    ['', undefined],
  ];
  for (const [raw, expected] of vectors) {
    test(JSON.stringify(raw), () => assert.deepEqual(parseSource(raw), expected && { ...expected, raw }));
  }
});
