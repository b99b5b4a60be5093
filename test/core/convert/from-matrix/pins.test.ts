import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { matrixToNetwork } from '../../../../src/core/convert/matrix-to-network.ts';
import type { MatrixEvent } from '../../../../src/core/events.ts';
import { asNetworkId } from '../../../../src/core/ids.ts';

const view = { network: asNetworkId('home'), channel: '#c', isOurs: (userId: string) => userId === '@bot:s' };

const carried = (pinned: unknown, more: Partial<MatrixEvent> = {}) =>
  matrixToNetwork(
    {
      ...{ event_id: '$1', room_id: '!r:s', sender: '@alice:s', type: 'm.room.pinned_events', state_key: '' },
      ...{ content: { pinned }, origin_server_ts: 1 },
      ...more,
    },
    view,
  ).map(({ effect }) => effect);

describe('the pins of a room', () => {
  test('are carried whole, each once', () =>
    assert.deepEqual(carried(['$a', '$b', '$a']), [
      {
        ...{ op: 'network.pins', network: 'home', channel: '#c', room: '!r:s', userId: '@alice:s' },
        ...{ pinned: ['$a', '$b'], eventId: '$1' },
      },
    ]));

  test('are the newest hundred', () => {
    const ids = Array.from({ length: 300 }, (_, at) => `$${at}`);
    const [effect] = carried(ids);
    assert.deepEqual(effect?.op === 'network.pins' ? effect.pinned : undefined, ids.slice(-100));
  });

  test('have nothing in them that is no event', () => {
    const [effect] = carried([1, null, 'a', '$a']);
    assert.deepEqual(effect?.op === 'network.pins' ? effect.pinned : undefined, ['$a']);
  });

  for (const nonsense of [undefined, null, 'a', { length: 1 }])
    test(`are none where the list is ${JSON.stringify(nonsense)}`, () => assert.deepEqual(carried(nonsense), []));

  test('that the bot wrote came from the network', () => assert.deepEqual(carried(['$a'], { sender: '@bot:s' }), []));
});
