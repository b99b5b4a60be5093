import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fail, ok } from '../../src/core/errors.ts';
import type { MatrixEvent } from '../../src/core/events.ts';
import { readBack } from '../../src/matrix/read-back.ts';
import type { Homeserver } from '../../src/ports/matrix.ts';

const event = (n: number): MatrixEvent => ({
  event_id: `$${n}`,
  room_id: '!r:localhost',
  sender: '@a:localhost',
  type: 'm.room.message',
  content: {},
  origin_server_ts: n,
});

/** A room with events 1 … count; `overlap` events of each page are on the next one too. */
function room(count: number, overlap = 0): Pick<Homeserver, 'messages'> & { asked: number } {
  return {
    asked: 0,
    async messages(_as, _room, from, limit) {
      this.asked++;
      const newest = from === undefined ? count : Number(from);
      const oldest = Math.max(1, newest - limit + 1);
      const events = Array.from({ length: newest - oldest + 1 }, (_, i) => event(newest - i));
      return ok({ events, ...(oldest > 1 ? { end: String(oldest - 1 + overlap) } : {}) });
    },
  };
}

const bounds = { pageSize: 10, maxEvents: 1000, maxPages: 100 };
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `$${from + i}`);
const read = async (from: ReturnType<typeof room>, known: (id: string) => boolean, within = bounds) => {
  const result = await readBack(from, '@bot:localhost', '!r:localhost', known, within);
  assert.ok(result.ok);
  return { ids: result.value.events.map((each) => each.event_id), end: result.value.end };
};

describe('a room read back', () => {
  test('gives what came after the known event, oldest first', async () => {
    assert.deepEqual(await read(room(35), (id) => id === '$12'), { ids: ids(13, 35), end: 'known' });
  });

  test('gives nothing when the newest event is known, after one page', async () => {
    const full = room(35);
    assert.deepEqual(await read(full, (id) => id === '$35'), { ids: [], end: 'known' });
    assert.equal(full.asked, 1);
  });

  test('gives the whole room when nothing is known', async () => {
    assert.deepEqual(await read(room(35), () => false), { ids: ids(1, 35), end: 'beginning' });
  });

  test('stops at so many events', async () => {
    assert.deepEqual(await read(room(35), () => false, { ...bounds, maxEvents: 15 }), {
      ids: ids(21, 35),
      end: 'bound',
    });
  });

  test('stops at so many pages', async () => {
    assert.deepEqual(await read(room(35), () => false, { ...bounds, maxPages: 2 }), { ids: ids(16, 35), end: 'bound' });
  });

  test('passes the failure of a page on', async () => {
    const error = { code: 'x', text: 'X.', retry: 'later', notify: 'log' } as const;
    const broken: Pick<Homeserver, 'messages'> = { messages: async () => fail(error) };
    assert.deepEqual(await readBack(broken, '@b:l', '!r:l', () => false, bounds), fail(error));
  });

  test('is complete and without repeats, whatever the sizes and however pages overlap', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 0, max: 80 }),
        fc.integer({ min: 1, max: 9 }),
        async (count, known, overlap) => {
          const at = Math.min(known, count);
          const result = await read(room(count, overlap), (id) => id === `$${at}`);
          assert.deepEqual(result, { ids: ids(at + 1, count), end: at === 0 ? 'beginning' : 'known' });
        },
      ),
    );
  });
});
