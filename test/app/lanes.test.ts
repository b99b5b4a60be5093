import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Kit } from '../../src/app/kit.ts';
import { Lanes } from '../../src/app/lanes/lanes.ts';
import { Ledger } from '../../src/app/lanes/ledger.ts';
import { asNetworkId, makeLaneId, makePortalId } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import { type Database, StoreUnavailable } from '../../src/ports/db.ts';
import { openForTest, recordingLog } from '../db/kit.ts';
import { kitFor, LivedDb } from '../fakes/fake-world.ts';
import { Life } from '../fakes/life.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const LANES = ['#a', '#b'].map((channel) => makeLaneId(makePortalId(asNetworkId('home'), channel), 'to-network'));
const effect = { op: 'network.part', network: asNetworkId('home'), channel: '#a', userId: '@a:x', reason: '' } as const;

let database: Database;
before(async () => {
  database = await openForTest('sqlite::memory:');
});
after(() => database.close());

/** Lanes whose driver writes down what it carries out. */
function build(parts: Partial<Kit> = {}, db = new LivedDb(database, new Life())) {
  const clock = new ManualClock();
  const log = recordingLog();
  const kit = kitFor(db, clock, { log, ...parts });
  const done: string[] = [];
  let broken = (_key: string): void => {};
  const drive = async (queue: Parameters<ConstructorParameters<typeof Lanes>[1]['to-network']>[0]): Promise<void> => {
    for (;;) {
      const [head] = await queue.peek(3);
      if (head === undefined || lanes.stopping) return;
      broken(head.key);
      await kit.db.transaction((sql) => stores.outbox.finish(sql, [head.id]));
      done.push(head.key);
      queue.take(head.id);
    }
  };
  const lanes = new Lanes(kit, { 'to-matrix': drive, 'to-network': drive, status: drive, room: drive, policy: drive });
  const ledger = new Ledger(kit, () => lanes);
  const write = (lane: (typeof LANES)[number] | undefined, ...keys: readonly string[]): Promise<void> =>
    ledger.write(async (entry) => {
      if (lane !== undefined)
        await entry.enqueue(
          lane,
          keys.map((key) => ({ key, effect })),
          0,
        );
    });
  return { kit, clock, log, done, lanes, ledger, write, db, breakAt: (when: typeof broken) => (broken = when) };
}

const isEmptyOnDisk = async (): Promise<boolean> =>
  (await database.transaction((sql) => stores.outbox.openLanes(sql))).length === 0;

describe('what is stored is carried out', () => {
  test('once and in order of storing, whoever stores at the same time and whatever commits fail', async () => {
    const writes = fc.array(
      fc.record({
        lane: fc.nat(1),
        rows: fc.integer({ min: 1, max: 40 }),
        gap: fc.boolean(),
        fate: fc.constantFrom('ok', 'ok', 'ok', 'away', 'unheard', 'throws'),
      }),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(writes, async (plan) => {
        const { clock, done, ledger, db, kit } = build();
        await ledger.open();
        const expected: string[][] = [[], []];
        const all: Promise<unknown>[] = [];
        for (const [index, { lane, rows, gap, fate }] of plan.entries()) {
          const keys = Array.from({ length: rows }, (_, row) => `${lane}.${index}.${row}`);
          db.isAway = () => fate === 'away';
          const fates = [fate];
          db.isUnheard = () => fates.shift() === 'unheard';
          const laneId = LANES[lane];
          all.push(
            ledger
              .write(async (entry) => {
                if (laneId !== undefined)
                  await entry.enqueue(
                    laneId,
                    keys.map((key) => ({ key, effect })),
                    0,
                  );
                if (fate === 'throws') throw new Error('undone');
              })
              .catch((error: unknown) => error),
          );
          db.isAway = () => false;
          if (fate === 'ok' || fate === 'unheard') expected[lane]?.push(...keys);
          if (gap || fate === 'unheard') await all.at(-1);
        }
        await Promise.all(all);
        await clock.until('all is done', async () => done.length === expected.flat().length && (await isEmptyOnDisk()));
        assert.deepEqual(
          [0, 1].map((lane) => done.filter((key) => key.startsWith(`${lane}.`))),
          expected,
        );
        assert.deepEqual((kit.log as ReturnType<typeof recordingLog>).lines, []);
      }),
      { numRuns: 60 },
    );
  });

  test('with what an earlier process left before what is new, even where the new comes first', async () => {
    const first = build();
    await first.ledger.open();
    await first.lanes.stop();
    await first.write(LANES[0], 'old 1', 'old 2');
    const second = build();
    await second.ledger.open();
    second.lanes.expect(await second.kit.db.transaction((sql) => stores.outbox.openLanes(sql)));
    await second.write(LANES[0], 'new 1');
    second.lanes.resume();
    await second.clock.until('all is done', () => second.done.length === 3);
    assert.deepEqual(second.done, ['old 1', 'old 2', 'new 1']);
    await second.clock.until('nothing is left', isEmptyOnDisk);
  });

  test('but a row at which our code fails again and again is set aside, and its lane goes on', async () => {
    const world = build();
    await world.ledger.open();
    world.breakAt((key) => {
      if (key === 'bad') throw new Error('a bug');
    });
    await world.write(LANES[0], 'good', 'bad', 'better');
    await world.clock.until('the lane went on', () => world.done.length === 2);
    const backlog = await world.kit.db.transaction((sql) => stores.outbox.backlog(sql));
    assert.deepEqual(
      [world.done, backlog.map(({ parked }) => parked), world.log.lines.at(-1)],
      [['good', 'better'], [1], 'error: a message was set aside because it made the bridge fail'],
    );
    await database.transaction((sql) => sql.run('DELETE FROM outbox'));
  });

  test('not while the program stops: it stays on disk, and stopping waits for nothing else', async () => {
    const world = build();
    await world.ledger.open();
    await world.lanes.stop();
    await world.write(LANES[0], 'later');
    assert.deepEqual([world.done, world.lanes.active], [[], 0]);
    await database.transaction((sql) => sql.run('DELETE FROM outbox'));
  });

  test('and a key of any length or kind is the same in memory and on disk', async () => {
    const world = build();
    await world.ledger.open();
    await world.lanes.stop();
    const keys = ['k'.repeat(4_000), 'a\0b', '\ud800'];
    await world.write(LANES[0], ...keys);
    await world.write(LANES[0], ...keys);
    const rows = await world.kit.db.transaction((sql) => stores.outbox.open(sql, LANES[0] ?? ('' as never), 0, 10));
    assert.equal(rows.length, 3);
    for (const { key } of rows) assert.match(key, /^[\x20-\x7e]{0,40}~[0-9a-f]{64}$|^\ufffd~[0-9a-f]{64}$/);
    await database.transaction((sql) => sql.run('DELETE FROM outbox'));
  });

  test('and a failed commit is an error for its writer alone', async () => {
    const world = build();
    await world.ledger.open();
    world.db.isAway = () => true;
    const failed = world.write(LANES[0], 'x');
    world.db.isAway = () => false;
    await assert.rejects(failed, StoreUnavailable);
    await world.write(LANES[0], 'y');
    await world.clock.until('the other is done', () => world.done.length === 1);
    assert.deepEqual(world.done, ['y']);
  });
});
