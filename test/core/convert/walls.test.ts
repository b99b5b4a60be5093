import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { networkToMatrix } from '../../../src/core/convert/network-to-matrix.ts';
import type { NetworkWalls } from '../../../src/core/events.ts';
import { asNetworkId, keyFromLine } from '../../../src/core/ids.ts';
import type { Wall } from '../../../src/core/room/walls.ts';

const NETWORK = asNetworkId('freeq');

function effects(walls: readonly Wall[], wallsBefore: readonly Wall[]) {
  const event: NetworkWalls = {
    kind: 'walls',
    network: NETWORK,
    channel: '#c',
    key: keyFromLine('e', 1),
    timeMs: 0,
    replayed: false,
    walls,
  };
  const voucher = { network: NETWORK, name: 'freeq', isOurs: false, isMember: () => false };
  const view = { room: '!r', fold: (name: string) => name, voucher, wallsBefore };
  return networkToMatrix(event, view as unknown as Parameters<typeof networkToMatrix>[1]).map(({ effect }) => effect);
}

/** A notice whose cause is what it says. */
const notice = (body: string) => ({ op: 'matrix.notice', room: '!r', body, cause: body });

describe('walls of a channel', () => {
  test('close its room, and people are told why', () =>
    assert.deepEqual(effects(['invited', 'key'], []), [
      { op: 'matrix.door', room: '!r', open: false },
      notice(
        'In #c, only invited people come in, and one needs its key. So nobody comes into this room but by invitation.',
      ),
    ]));

  test('that were there before close it again if need be, without a word', () =>
    assert.deepEqual(effects(['invited', 'key'], ['key', 'invited']), [
      { op: 'matrix.door', room: '!r', open: false },
    ]));

  test('that are gone open it', () =>
    assert.deepEqual(effects([], ['policy']), [
      { op: 'matrix.door', room: '!r', open: true },
      notice('#c is open to everybody now.'),
    ]));

  test('that never were there open it without a word', () =>
    assert.deepEqual(effects([], []), [{ op: 'matrix.door', room: '!r', open: true }]));

  test('of encryption say that nothing is posted', () =>
    assert.match(JSON.stringify(effects(['encrypted'], [])), /What is said here does not reach the channel/));
});
