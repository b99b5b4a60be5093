import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { matrixToNetwork } from '../../../../src/core/convert/matrix-to-network.ts';
import type { MatrixEvent } from '../../../../src/core/events.ts';
import { asNetworkId } from '../../../../src/core/ids.ts';

type Given = Pick<MatrixEvent, 'type' | 'content'> & { readonly state_key?: string };

const lines = (given: Given, mapUrl?: string): string[] =>
  matrixToNetwork(
    { event_id: '$1', room_id: '!r', sender: '@alice:w.example', origin_server_ts: 1, ...given },
    { network: asNetworkId('home'), channel: '#c', isOurs: () => false, ...(mapUrl !== undefined && { mapUrl }) },
  ).flatMap(({ effect }) => (effect.op === 'network.say' ? [`${effect.style}: ${effect.line}`] : []));

const message = (content: MatrixEvent['content']): Given => ({ type: 'm.room.message', content });

describe('what IRC cannot show is told in one line:', () => {
  const osm = 'https://www.openstreetmap.org/?mlat=51.5008&mlon=-0.1247#map=17/51.5008/-0.1247';
  const cases: ReadonlyArray<[name: string, given: Given, line: string]> = [
    [
      'Element: a place by its description',
      message({
        msgtype: 'm.location',
        body: 'Location geo:51.5008,-0.1247;u=35 at 2026',
        geo_uri: 'geo:51.5008,-0.1247;u=35',
        'org.matrix.msc3488.location': { uri: 'geo:51.5008,-0.1247;u=35', description: 'The garden' },
      }),
      `action: shared a place: The garden ${osm}`,
    ],
    [
      'FluffyChat: a place without a name',
      message({ msgtype: 'm.location', body: 'https://www.openstreetmap.org/?mlat=1', geo_uri: 'geo:51.5008,-0.1247' }),
      `action: shared a place ${osm}`,
    ],
    [
      'a place that is none',
      message({ msgtype: 'm.location', body: 'Here', geo_uri: 'geo:91,0' }),
      'action: shared a place: Here',
    ],
    [
      'a sticker that smuggles colours and a command',
      { type: 'm.sticker', content: { body: '\x034,1\x02Wave\x0f\x01DCC\x01', url: 'mxc://a/b' } },
      'action: sent a sticker: WaveDCC',
    ],
    [
      'a place that does',
      message({ msgtype: 'm.location', body: '\x0304Here\x1f', geo_uri: 'geo:91,0' }),
      'action: shared a place: Here',
    ],
    ['a sticker', { type: 'm.sticker', content: { body: 'Wave', url: 'mxc://a/b' } }, 'action: sent a sticker: Wave'],
    [
      'Element: a poll',
      {
        type: 'org.matrix.msc3381.poll.start',
        content: {
          'org.matrix.msc3381.poll.start': {
            kind: 'org.matrix.msc3381.poll.disclosed',
            max_selections: 1,
            question: { 'org.matrix.msc1767.text': 'Which day?', body: 'Which day?', msgtype: 'm.text' },
            answers: [
              { id: 'x', 'org.matrix.msc1767.text': 'Monday' },
              { id: 'y', 'org.matrix.msc1767.text': 'Friday' },
            ],
          },
          'org.matrix.msc1767.text': 'Which day?\n1. Monday\n2. Friday',
        },
      },
      'action: asks in a poll: Which day? (1) Monday (2) Friday [votes are cast on Matrix]',
    ],
    [
      'a poll as the specification has it',
      {
        type: 'm.poll.start',
        content: {
          'm.poll': {
            question: { 'm.text': [{ body: 'Yes?' }] },
            answers: [{ 'm.id': '1', 'm.text': [{ body: 'Yes' }] }],
          },
        },
      },
      'action: asks in a poll: Yes? (1) Yes [votes are cast on Matrix]',
    ],
    [
      'a vote, and not for what',
      { type: 'org.matrix.msc3381.poll.response', content: { 'org.matrix.msc3381.poll.response': { answers: ['x'] } } },
      'action: votes in the poll',
    ],
    [
      'the end of a poll',
      {
        type: 'org.matrix.msc3381.poll.end',
        content: { 'org.matrix.msc1767.text': 'The poll has ended. Top answer: Friday' },
      },
      'action: closes the poll: The poll has ended. Top answer: Friday',
    ],
    [
      'a call',
      { type: 'm.call.invite', content: { call_id: '1' } },
      'action: started a call; it can be joined on Matrix',
    ],
    [
      'a conference of Element Call',
      { type: 'org.matrix.msc4075.call.notify', content: { notify_type: 'notify' } },
      'action: started a call; it can be joined on Matrix',
    ],
    [
      'a conference of Jitsi',
      { type: 'im.vector.modular.widgets', state_key: 'x', content: { type: 'jitsi', url: 'https://secret' } },
      'action: started a call; it can be joined on Matrix',
    ],
    [
      'a live location',
      { type: 'org.matrix.msc3672.beacon_info', state_key: '@alice:w.example', content: { live: true } },
      'action: shows where they are; it can be followed on Matrix',
    ],
    [
      'a kind that nobody knows',
      message({ msgtype: 'com.x.y', body: 'Z' }),
      'action: sent something that IRC cannot show: Z',
    ],
  ];
  for (const [name, given, line] of cases) test(name, () => assert.deepEqual(lines(given), [line]));

  test('a place on the map of the cooperative', () =>
    assert.deepEqual(
      lines(
        message({ msgtype: 'm.location', body: 'Here', geo_uri: 'geo:-1.5,20' }),
        'https://map.w.example/{lat}/{lon}',
      ),
      ['action: shared a place: Here https://map.w.example/-1.5/20'],
    ));

  test('nothing of what is between clients, is over, or makes no sense', () => {
    const given: readonly Given[] = [
      message({ msgtype: 'm.key.verification.request', body: 'verify?' }),
      { type: 'im.vector.modular.widgets', state_key: 'x', content: {} },
      { type: 'im.vector.modular.widgets', state_key: 'x', content: { type: 'm.custom', url: 'https://pad/#key' } },
      { type: 'org.matrix.msc3672.beacon_info', state_key: 'x', content: { live: false } },
      { type: 'm.call.candidates', content: {} },
      { type: 'm.poll.start', content: { 'm.poll': { question: 7, answers: 'x' } } },
    ];
    assert.deepEqual(
      given.flatMap((one) => lines(one)),
      [],
    );
  });
});
