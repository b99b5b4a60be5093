import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinable, joinLines } from '../../../src/core/convert/join-lines.ts';
import { matrixToNetwork } from '../../../src/core/convert/matrix-to-network.ts';
import { messageContent, spokenFor } from '../../../src/core/convert/message-content.ts';
import { networkToMatrix } from '../../../src/core/convert/network-to-matrix.ts';
import type { MatrixEvent, NetworkMessage, SendToMatrix } from '../../../src/core/events.ts';
import { asNetworkId, keyFromMsgid } from '../../../src/core/ids.ts';

const home = asNetworkId('home');

const people: ReadonlyMap<string, string> = new Map([
  ['alice', '@alice:w.example'],
  ['alice rivers', '@alice:w.example'],
  ['bo', '@bo:w.example'],
]);

const said = (...lines: string[]): SendToMatrix[] =>
  networkToMatrix(
    {
      kind: 'message',
      network: home,
      channel: '#c',
      key: keyFromMsgid('1'),
      timeMs: 1,
      replayed: false,
      source: { nick: 'bob' },
      own: false,
      style: 'text',
      lines,
    } satisfies NetworkMessage,
    {
      room: '!r',
      fold: (name) => name.toLowerCase(),
      voucher: { trust: 'foreign', isMember: () => false },
      personOf: (name) => people.get(name.toLowerCase()),
    },
  ).flatMap(({ effect }) => (effect.op === 'matrix.message' ? [effect] : []));

const looks = (...lines: string[]) =>
  said(...lines).map(({ body, formatted, mentions }) => ({ body, formatted, mentions }));
const plain = (body: string) => [{ body, formatted: undefined, mentions: undefined }];

describe('a line from a network', () => {
  test('is plain where nothing is formatted', () => assert.deepEqual(looks('a < b'), plain('a < b')));

  test('has its formatting as HTML, and none of its codes in the plain body', () =>
    assert.deepEqual(looks('\x02a\x02 <b>', 'c'), [
      { body: 'a <b>\nc', formatted: '<strong>a</strong> &lt;b&gt;<br>c', mentions: undefined },
    ]));

  test('is plain where its codes change nothing', () => assert.deepEqual(looks('\x0300white\x03'), plain('white')));

  test('goes without formatting where that would not fit an event', () => {
    const rainbow = Array.from({ length: 2_000 }, (_, at) => `\x03${at % 2 === 0 ? '04' : '06'}x`).join('');
    assert.deepEqual(looks(rainbow), plain('x'.repeat(2_000)));
  });

  test('calls people who are addressed or named', () => {
    const pill = (name: string): string => `<a href="https://matrix.to/#/@alice:w.example">${name}</a>`;
    const cases: ReadonlyArray<[text: string, formatted: string]> = [
      ['alice: hi', `${pill('alice')}: hi`],
      ['Alice, hi', `${pill('Alice')}, hi`],
      ['@alice hi', `@${pill('alice')} hi`],
      ['Alice Rivers: hi', `${pill('Alice Rivers')}: hi`],
      ['ask alice.', `ask ${pill('alice')}.`],
      ['(alice)', `(${pill('alice')})`],
      ['alice’s', `${pill('alice')}’s`],
      ['\x02alice\x02: hi', `<a href="https://matrix.to/#/@alice:w.example"><strong>alice</strong></a>: hi`],
    ];
    for (const [text, formatted] of cases)
      assert.deepEqual(
        looks(text).map((one) => ({ formatted: one.formatted, mentions: one.mentions })),
        [{ formatted, mentions: ['@alice:w.example'] }],
        text,
      );
  });

  test('calls nobody by half a word, an address, a link or a short word in passing', () => {
    for (const text of [
      'malice',
      'alice.example.org',
      'x@alice',
      '/home/alice/x',
      '#alice',
      'alice@x',
      'ask bo',
      'http://alice/',
    ])
      assert.deepEqual(looks(text), plain(text), text);
    assert.deepEqual(said('bo: hi')[0]?.mentions, ['@bo:w.example']);
  });

  test('never calls the whole room', () => {
    for (const { effect } of [{ effect: said('@room alice: everybody!')[0] }])
      assert.deepEqual(effect && messageContent(effect)['m.mentions'], { user_ids: ['@alice:w.example'] });
    assert.deepEqual(messageContent({ msgtype: 'm.text', body: '@room' })['m.mentions'], {});
  });

  test('keeps formatting and people where several are joined, and where the bot speaks for somebody', () => {
    const lines = ['a < b', '\x02c', 'alice: d'].flatMap((line) => said(line));
    assert.equal(joinable(lines), 3);
    const [first, ...others] = lines;
    const joined = joinLines([first as SendToMatrix, ...others]);
    assert.deepEqual(messageContent(joined), {
      msgtype: 'm.text',
      body: 'a < b\nc\nalice: d',
      format: 'org.matrix.custom.html',
      formatted_body: 'a &lt; b<br><strong>c</strong><br><a href="https://matrix.to/#/@alice:w.example">alice</a>: d',
      'm.mentions': { user_ids: ['@alice:w.example'] },
    });
    assert.deepEqual(messageContent(spokenFor('bob', { msgtype: 'm.emote', body: 'c', formatted: '<u>c</u>' })), {
      msgtype: 'm.text',
      body: '* bob c',
      format: 'org.matrix.custom.html',
      formatted_body: '* bob <u>c</u>',
      'm.mentions': {},
    });
  });
});

const nicks: ReadonlyMap<string, string> = new Map([
  ['@_causeway_home_bob:w.example', 'Bob'],
  ['@alice:w.example', 'alice[m]'],
]);

const sent = (content: Record<string, unknown>): string[] => {
  const event: MatrixEvent = {
    event_id: '$1',
    room_id: '!r',
    sender: '@alice:w.example',
    type: 'm.room.message',
    content: { msgtype: 'm.text', ...content },
    origin_server_ts: 1,
  };
  const view = { network: home, channel: '#c', isOurs: () => false, nickOf: (userId: string) => nicks.get(userId) };
  return matrixToNetwork(event, view).flatMap(({ effect }) => (effect.op === 'network.say' ? [effect.line] : []));
};
const html = (formatted: string, body = 'plain', format: unknown = 'org.matrix.custom.html') =>
  sent({ body, format, formatted_body: formatted });

describe('a message from Matrix', () => {
  test('is said with its formatting', () =>
    assert.deepEqual(html('<p>a <strong>b</strong></p><ul><li>c</li></ul>'), ['a \x02b\x02', '• c']));

  test('is said as its plain text where its HTML is not ours to read, or says nothing', () => {
    assert.deepEqual(html('<b>x</b>', 'plain', 'text/markdown'), ['plain']);
    assert.deepEqual(html('<b>'.repeat(200), 'plain'), ['plain']);
    assert.deepEqual(html('<script>x</script>', 'plain'), ['plain']);
    assert.deepEqual(sent({ body: 'plain', format: 'org.matrix.custom.html', formatted_body: 7 }), ['plain']);
  });

  test('calls people by their nicks', () => {
    const pill = (id: string, name: string): string => `<a href="https://matrix.to/#/${id}">${name}</a>`;
    assert.deepEqual(html(`${pill('@_causeway_home_bob:w.example', 'bob (IRC)')}: hi`), ['Bob: hi']);
    assert.deepEqual(html(`ask ${pill('@alice:w.example', '@Alice')} <b>now</b>`), ['ask alice[m] \x02now\x02']);
    assert.deepEqual(html(`ask ${pill('@eve:x.example', '@Eve')}`), ['ask Eve']);
    assert.deepEqual(sent({ body: '@alice:w.example: hi', 'm.mentions': { user_ids: ['@alice:w.example', 7] } }), [
      'alice[m]: hi',
    ]);
  });

  test('quotes nothing of what it answers', () =>
    assert.deepEqual(html('<mx-reply><blockquote>secret</blockquote></mx-reply>yes'), ['yes']));

  test('carries no codes that somebody smuggled', () => assert.deepEqual(sent({ body: 'a\x0304b\x02' }), ['ab']));
});
