import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LaneQueue } from '../../src/app/lanes/lane.ts';
import { asNetworkId, makeLaneId, makePortalId } from '../../src/core/ids.ts';
import type { OutboxRow } from '../../src/ports/stores.ts';

const LANE = makeLaneId(makePortalId(asNetworkId('home'), '#commons'), 'to-matrix');
const row = (id: number): OutboxRow => ({
  id,
  lane: LANE,
  key: `k${id}`,
  payload: '{}',
  state: 'pending',
  attempts: 0,
  createdAtMs: 0,
  detail: null,
  error: null,
});

/** A disk with rows in order, slow enough that other things happen while it is read. */
class Disk {
  rows: OutboxRow[] = [];
  fails = false;
  readonly load = async (_: unknown, afterId: number, limit: number): Promise<OutboxRow[]> => {
    if (this.fails) throw new Error('disk');
    const found = this.rows.filter(({ id }) => id > afterId).slice(0, limit);
    await null;
    return found;
  };
}

type Act =
  | { readonly do: 'store'; readonly rows: number; readonly unheard: boolean }
  | { readonly do: 'take'; readonly rows: number; readonly meanwhile: number }
  | { readonly do: 'fail' };

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    fc
      .tuple(fc.integer({ min: 1, max: 400 }), fc.boolean())
      .map(([rows, unheard]): Act => ({ do: 'store', rows, unheard })),
    fc
      .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 30 }))
      .map(([rows, meanwhile]): Act => ({ do: 'take', rows, meanwhile })),
    fc.constant<Act>({ do: 'fail' }),
  ),
  { maxLength: 25 },
);

describe('the queue of a lane', () => {
  test('gives each row once and in order, whatever is in memory and whatever on disk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 600 }), acts, async (before, plan) => {
        const disk = new Disk();
        let nextId = 1;
        const store = (count: number): OutboxRow[] => {
          const rows = Array.from({ length: count }, () => row(nextId++));
          disk.rows.push(...rows);
          return rows;
        };
        store(before);
        const queue = new LaneQueue(LANE, disk.load, before > 0 ? 0 : undefined);
        const given: number[] = [];
        const take = async (count: number, meanwhile: number): Promise<void> => {
          const peeked = queue.peek(count);
          queue.add(store(meanwhile));
          for (const { id } of await peeked) {
            given.push(id);
            queue.take(id);
            disk.rows = disk.rows.filter((other) => other.id !== id);
          }
        };
        for (const act of plan) {
          if (act.do === 'store') {
            const rows = store(act.rows);
            if (act.unheard) queue.recheck();
            else queue.add(rows);
          } else if (act.do === 'take') await take(act.rows, act.meanwhile);
          else {
            disk.fails = true;
            await queue.peek(1).catch(() => {});
            disk.fails = false;
          }
        }
        while (!queue.isEmpty) await take(100, 0);
        assert.deepEqual(
          given,
          Array.from({ length: nextId - 1 }, (_, index) => index + 1),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('keeps a bounded part of its rows in memory', () => {
    const queue = new LaneQueue(LANE, new Disk().load);
    queue.add(Array.from({ length: 5_000 }, (_, index) => row(index + 1)));
    assert.equal(queue.length, 256);
  });

  test('shows a row as it was updated', async () => {
    const queue = new LaneQueue(LANE, new Disk().load);
    queue.add([row(1), row(2)]);
    queue.update({ ...row(1), state: 'sending' });
    assert.deepEqual(await queue.peek(5), [{ ...row(1), state: 'sending' }, row(2)]);
  });

  test('refuses a row that comes after a later one', () => {
    const queue = new LaneQueue(LANE, new Disk().load);
    queue.add([row(2)]);
    assert.throws(() => queue.add([row(1)]), /row 1 came after 2/);
  });
});
