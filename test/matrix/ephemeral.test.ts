import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readEphemeral } from '../../src/matrix/ephemeral.ts';
import { syncFilters } from '../../src/matrix/sync-filter.ts';
import { recordingSink } from './support.ts';

const ROOM = '!r:localhost';
const told = (value: unknown, room?: string): readonly string[] => {
  const sink = recordingSink();
  readEphemeral(value, sink, room);
  return sink.calls;
};

describe('what no room keeps', () => {
  const cases: readonly (readonly [name: string, event: unknown, room: string | undefined, told: readonly string[]])[] =
    [
      [
        'who has read what, to the knowledge of all',
        {
          type: 'm.receipt',
          content: {
            $1: { 'm.read': { '@a:x': { ts: 1 }, '@b:x': {} } },
            $2: { 'm.read.private': { '@c:x': { ts: 2 } }, 'm.read': { '@d:x': { ts: 3, thread_id: 'main' } } },
            $3: 'nonsense',
            $4: { 'm.read': [] },
          },
        },
        ROOM,
        [`read ${ROOM}: @a:x $1`, `read ${ROOM}: @b:x $1`, `read ${ROOM}: @d:x $2`],
      ],
      [
        'who is there',
        { type: 'm.presence', sender: '@a:x', content: { presence: 'unavailable', status_msg: 'lunch' } },
        undefined,
        ['presence @a:x: {"state":"unavailable","status":"lunch"}'],
      ],
      [
        'who is there, as servers wrote it once',
        { type: 'm.presence', content: { presence: 'online', user_id: '@a:x' } },
        undefined,
        ['presence @a:x: {"state":"online"}'],
      ],
      ['a presence of nobody', { type: 'm.presence', content: { presence: 'online' } }, undefined, []],
      ['a presence that is none', { type: 'm.presence', sender: '@a:x', content: { presence: '' } }, undefined, []],
      ['a receipt in no room', { type: 'm.receipt', content: { $1: { 'm.read': { '@a:x': {} } } } }, undefined, []],
      ['an event of another kind', { type: 'm.room.message', content: { user_ids: ['@a:x'] } }, ROOM, []],
    ];
  for (const [name, event, room, expected] of cases)
    test(`is told: ${name}`, () => assert.deepEqual(told(event, room), expected));

  test('is bounded: a receipt of a hundred thousand readers', () => {
    const readers = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`@u${index}:x`, {}]));
    assert.equal(told({ type: 'm.receipt', content: { $1: { 'm.read': readers } } }, ROOM).length, 1_000);
  });

  test('never makes us fail', () => {
    const type = fc.constantFrom('m.typing', 'm.receipt', 'm.presence');
    fc.assert(fc.property(type, fc.jsonValue(), (kind, content) => void told({ type: kind, content }, ROOM)));
  });
});

test('only what somebody wants is asked for', () => {
  const parts = (ephemera: Parameters<typeof syncFilters>[0]) => {
    const { presence, room } = JSON.parse(syncFilters(ephemera).live);
    return [presence.types, room.ephemeral.types];
  };
  assert.deepEqual(
    [parts({}), parts({ presence: true }), parts({ receipts: true })],
    [
      [[], ['m.typing']],
      [['m.presence'], ['m.typing']],
      [[], ['m.typing', 'm.receipt']],
    ],
  );
});
