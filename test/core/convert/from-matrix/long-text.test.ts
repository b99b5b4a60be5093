import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MatrixView } from '../../../../src/core/convert/from-matrix/view.ts';
import { matrixToNetwork } from '../../../../src/core/convert/matrix-to-network.ts';
import type { MatrixEvent } from '../../../../src/core/events.ts';
import { asNetworkId } from '../../../../src/core/ids.ts';

const pages = { id: 'unguessable', baseUrl: 'https://b.example', maxBytes: 1 };
const multiline = { maxBytes: 4096, maxLines: 10 };

const effects = (body: string, view: Partial<MatrixView>, more: MatrixEvent['content'] = {}) =>
  matrixToNetwork(
    {
      event_id: '$1',
      room_id: '!r',
      sender: '@alice:w.example',
      type: 'm.room.message',
      content: { msgtype: 'm.text', body, ...more },
      origin_server_ts: 1,
    },
    { network: asNetworkId('home'), channel: '#c', isOurs: () => false, ...view },
  ).map(({ effect }) => effect);

const said = (...given: Parameters<typeof effects>): string[] =>
  effects(...given).flatMap((effect) => (effect.op === 'network.say' ? [effect.line] : []));

const lines = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at + 1}`).join('\n');
const LINK = 'https://b.example/m/unguessable';

describe('a long message', () => {
  test('is said line by line as long as people of a channel bear it', () => {
    assert.deepEqual(said(lines(3), { pages }), ['line 1', 'line 2', 'line 3']);
    assert.deepEqual(said(lines(5), { pages, maxLines: 5 }).length, 5);
  });

  test('is its beginning and a link to the whole where it is longer', () => {
    const text = `line 1\n\n${lines(4)}`;
    assert.deepEqual(said(text, { pages }), [`line 1 … (4 more lines) ${LINK}`]);
    const [page] = effects(text, { pages });
    assert.deepEqual(page?.op === 'page.share' && page.content, { kind: 'text', text });
  });

  test('is cut where one line alone is too long, without formatting that goes on into the link', () => {
    const html = `<b>${'word '.repeat(300)}</b>`;
    const [line = ''] = said('x', { pages }, { format: 'org.matrix.custom.html', formatted_body: html });
    assert.match(line, /^\x02(word )+word\x0f … \(the whole text\) https:\/\/b\.example\/m\/unguessable$/);
    assert.ok(line.length < 400);
  });

  test('is one message where the server takes several lines, up to its limits', () => {
    assert.deepEqual(said(lines(10), { pages, multiline }), [lines(10)]);
    assert.deepEqual(said(lines(11), { pages, multiline }), [`line 1 … (10 more lines) ${LINK}`]);
    assert.deepEqual(said(lines(11), { multiline }).length, 11);
  });

  test('of which actions are none', () =>
    assert.deepEqual(said(lines(2), { multiline }, { msgtype: 'm.emote' }), ['line 1', 'line 2']));

  test('is all its lines where we have no pages', () => assert.equal(said(lines(50), {}).length, 50));
});
