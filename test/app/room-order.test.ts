import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { MatrixInbox } from '../../src/app/inbox/matrix-inbox.ts';
import { ReadBack } from '../../src/app/inbox/read-back.ts';
import { RoomAnchors } from '../../src/app/inbox/room-anchors.ts';
import type { LaneQueue } from '../../src/app/lanes/lane.ts';
import { Lanes } from '../../src/app/lanes/lanes.ts';
import { Ledger } from '../../src/app/lanes/ledger.ts';
import { parseEffect } from '../../src/app/lanes/parse-effect.ts';
import { Pages } from '../../src/app/pages.ts';
import { Names } from '../../src/app/people/names.ts';
import { PortalTable } from '../../src/app/rooms/portal-table.ts';
import { Signal } from '../../src/app/timing/signal.ts';
import { Echoes } from '../../src/app/to-matrix/echoes.ts';
import { ok } from '../../src/core/errors.ts';
import type { MatrixEvent } from '../../src/core/events.ts';
import { stores } from '../../src/db/stores/stores.ts';
import type { Database } from '../../src/ports/db.ts';
import { openForTest } from '../db/kit.ts';
import { type CallFault, FakeHomeserver, FORBIDDEN, SERVER, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { HOME } from '../fakes/fake-network.ts';
import { CHANNEL, configOf, kitFor, LivedDb } from '../fakes/fake-world.ts';
import { Life } from '../fakes/life.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

let database: Database;
before(async () => {
  database = await openForTest('sqlite::memory:');
});
after(() => database.close());

let rooms = 0;

/** A room, both sources of its events, and what goes out to its channel. */
async function build() {
  const clock = new ManualClock();
  const homeserver = new FakeHomeserver(clock);
  const db = new LivedDb(database, new Life());
  const kit = kitFor(db, clock, { homeserver: homeserver.connect(new Life()) });
  const room = `!room${++rooms}:${SERVER}`;
  const said: string[] = [];
  const drive = async (queue: LaneQueue): Promise<void> => {
    for (;;) {
      const [head] = await queue.peek(1);
      if (head === undefined) return;
      const effect = parseEffect(head.payload);
      await db.transaction((sql) => stores.outbox.finish(sql, [head.id]));
      if (effect?.op === 'network.say') said.push(effect.line);
      queue.take(head.id);
    }
  };
  const lanes: Lanes = new Lanes(kit, {
    'to-matrix': drive,
    'to-network': drive,
    status: drive,
    room: drive,
    policy: drive,
  });
  const ledger = new Ledger(kit, () => lanes);
  await ledger.open();
  const portals = new PortalTable();
  const [config] = configOf([{ channel: `${CHANNEL}${rooms}`, room: '#commons' }]).networks[0]?.channels ?? [];
  if (config === undefined) throw new Error('no channel');
  const portal = portals.add(HOME, config);
  portals.setRoom(portal, room);
  portal.lastToNetworkMs = clock.nowMs();
  const anchors = new RoomAnchors(
    new Map([[room, homeserver.happen(room, '@mod:x', 'm.room.create', {}, '').event_id]]),
  );
  const stop = new Signal(clock);
  const lost = { suspect: () => Promise.resolve(ok(false)), notSeen: () => Promise.resolve() };
  const stopping = () => false;
  const readBack: ReadBack = new ReadBack({ kit, portals, anchors, inbox: () => inbox, stopping, stop, lost });
  const inbox: MatrixInbox = new MatrixInbox({
    kit,
    ledger,
    portals,
    echoes: new Echoes(),
    anchors,
    names: await Names.open({
      kit,
      isOurs: (userId) => userId.startsWith('@_causeway_'),
      whoIs: () => undefined,
      mannerIn: () => ({}),
    }),
    mapUrl: undefined,
    pages: new Pages(kit, portals, { hasUser: () => false }, configOf([])),
    isOurs: (userId) => userId.startsWith('@_causeway_'),
    saysMore: () => false,
    isHeld: (id) => readBack.isHeld(id),
    onHeld: (id) => readBack.prefer(id),
    onMember: () => {},
    isHouse: () => false,
    onAsked: () => {},
    onDouble: () => {},
    onState: () => Promise.resolve(),
    policies: { seen: () => Promise.resolve() },
  });
  readBack.begin();
  const say = (text: string): MatrixEvent =>
    homeserver.happen(room, '@alice:x', 'm.room.message', { msgtype: 'm.text', body: text });
  return { clock, homeserver, room, said, lanes, inbox, readBack, say, db, anchors };
}

type Op =
  | { readonly op: 'say'; readonly count: number }
  | { readonly op: 'push'; readonly count: number }
  | { readonly op: 'sync'; readonly count: number }
  | { readonly op: 'late' }
  | { readonly op: 'pass'; readonly count: number }
  /** Both sources break: so many events are never pushed, so many skipped by /sync, so many pushed later. */
  | {
      readonly op: 'break';
      readonly unpushed: number;
      readonly skipped: number;
      readonly late: number;
      readonly again: number;
    };

const ops: fc.Arbitrary<Op[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }).map((count): Op => ({ op: 'say', count })) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }).map((count): Op => ({ op: 'push', count })) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }).map((count): Op => ({ op: 'sync', count })) },
    { weight: 1, arbitrary: fc.constant<Op>({ op: 'late' }) },
    { weight: 1, arbitrary: fc.constantFrom(1, 300, 40_000).map((count): Op => ({ op: 'pass', count })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.nat(2), fc.nat(10), fc.nat(3), fc.nat(4))
        .map(([unpushed, skipped, late, again]): Op => ({ op: 'break', unpushed, skipped, late, again })),
    },
  ),
  { minLength: 1, maxLength: 60 },
);

/** A second break while the first is read back, and lines around it: found by chance, kept for ever. */
const breakAgain = (skipped: number): Op => ({ op: 'break', unpushed: 0, skipped, late: 0, again: 0 });
const DURING_A_READING: Op[] = [
  breakAgain(0),
  breakAgain(0),
  { op: 'say', count: 1 },
  breakAgain(1),
  { op: 'say', count: 1 },
  { op: 'sync', count: 1 },
  { op: 'push', count: 1 },
];

const readFaults: fc.Arbitrary<(CallFault | undefined)[]> = fc.array(
  fc.option(
    fc.oneof(
      fc.integer({ min: 1, max: 5_000 }).map((ms): CallFault => ({ kind: 'slow', ms })),
      fc.integer({ min: 1, max: 5_000 }).map((ms): CallFault => ({ kind: 'old', ms })),
      fc.constant<CallFault>({ kind: 'failed', error: UNREACHABLE }),
    ),
    { nil: undefined },
  ),
  { maxLength: 10 },
);

describe('lines of a room go out in the order of the room, each once', () => {
  test('whatever pushes and /sync lose, repeat and bring late', async () => {
    await fc.assert(
      fc.asyncProperty(ops, readFaults, async (plan, faults) => {
        const { clock, homeserver, room, said, inbox, readBack, say } = await build();
        const { events } = homeserver.room(room);
        homeserver.fault = ({ name }) => (name === 'messages' ? faults.shift() : undefined);
        let pushed = 1;
        let synced = 1;
        let late: MatrixEvent[] = [];
        let spoken = 0;
        let pushing: Promise<unknown> = Promise.resolve();
        let syncing: Promise<unknown> = Promise.resolve();
        const push = (some: readonly MatrixEvent[]): void => {
          pushing = pushing.then(() => inbox.events('push', some));
        };
        const lastBreak = { op: 'break', unpushed: 0, skipped: 0, late: 0, again: 0 } as const;
        for (const op of [...plan, lastBreak]) {
          if (op.op === 'say')
            homeserver.inOneMoment(() => {
              for (let i = 0; i < op.count; i++) {
                clock.advance(1);
                say(`line ${++spoken}`);
              }
            });
          else if (op.op === 'pass') await clock.pass(op.count);
          else if (op.op === 'push') {
            push(events.slice(pushed, pushed + op.count));
            pushed = Math.min(events.length, pushed + op.count);
          } else if (op.op === 'sync') {
            const some = events.slice(synced, synced + op.count);
            synced += some.length;
            syncing = syncing.then(() => inbox.events('sync', some, String(synced)));
          } else if (op.op === 'late') {
            push(late);
            late = [];
          } else {
            await Promise.all([pushing, syncing]);
            late.push(...events.slice(pushed + op.unpushed, pushed + op.unpushed + op.late));
            pushed = Math.min(events.length, pushed + op.unpushed + op.late);
            synced = Math.min(events.length, synced + op.skipped);
            readBack.interrupted('sync', 'a break');
            push(
              events.slice(
                Math.max(1, pushed - op.late - op.unpushed - op.again),
                Math.max(1, pushed - op.late - op.unpushed),
              ),
            );
          }
        }
        push(late);
        push(events.slice(pushed));
        await Promise.all([pushing, syncing]);
        await clock.until('all is said', () => said.length >= spoken && readBack.waiting === 0, 600_000);
        assert.deepEqual(
          said,
          Array.from({ length: spoken }, (_, index) => `line ${index + 1}`),
        );
      }),
      { numRuns: Number(process.env.RUNS ?? 80), examples: [[DURING_A_READING, []]] },
    );
  });

  test('and events that arrive while a room is read back wait for it', async () => {
    const { clock, homeserver, said, inbox, readBack, say } = await build();
    homeserver.fault = ({ name }) => (name === 'messages' ? { kind: 'slow', ms: 9_000 } : undefined);
    say('missed');
    readBack.interrupted('sync', 'a break');
    await inbox.events('push', [say('arrived')]);
    await clock.pass(5_000);
    const meanwhile = [...said];
    await clock.until('the room goes on', () => said.length === 2);
    assert.deepEqual([meanwhile, said], [[], ['missed', 'arrived']]);
  });

  test('and stand behind what an older answer showed', async () => {
    const { clock, homeserver, said, inbox, readBack, say } = await build();
    homeserver.fault = ({ name }) => (name === 'messages' ? { kind: 'old', ms: 9_000 } : undefined);
    say('missed');
    readBack.interrupted('sync', 'a break');
    await clock.pass(1_000);
    await inbox.events('push', [say('arrived')]);
    await clock.until('the room goes on', () => said.length === 2);
    assert.deepEqual(said, ['missed', 'arrived']);
  });

  test('and one that the homeserver leaves out of the answer stays where it arrived', async () => {
    const { clock, homeserver, room, said, inbox, readBack, say } = await build();
    homeserver.fault = ({ name }) => (name === 'messages' ? { kind: 'slow', ms: 9_000 } : undefined);
    readBack.interrupted('sync', 'a break');
    const lines = ['one', 'two', 'three', 'four'].map(say);
    await inbox.events('push', lines);
    const { events } = homeserver.room(room);
    events.splice(events.length - 3, 1);
    await clock.until('the room goes on', () => said.length === 4);
    assert.deepEqual(said, ['one', 'two', 'three', 'four']);
  });

  test('and the room waits for the second reading when it breaks again during the first', async () => {
    const { clock, homeserver, said, inbox, readBack, say } = await build();
    homeserver.fault = ({ name }) => (name === 'messages' ? { kind: 'slow', ms: 9_000 } : undefined);
    readBack.interrupted('sync', 'a break');
    await clock.pass(8_000);
    readBack.interrupted('sync', 'another');
    await clock.pass(2_000);
    say('missed');
    await inbox.events('push', [say('arrived')]);
    await clock.until('the room goes on', () => said.length === 2);
    assert.deepEqual(said, ['missed', 'arrived']);
  });

  test('and a room that cannot be read goes on after a minute, without what was missed', async () => {
    const { clock, homeserver, said, inbox, readBack, say } = await build();
    const faultOf = { kind: 'failed', error: UNREACHABLE } as const;
    homeserver.fault = ({ name }) => (name === 'messages' ? faultOf : undefined);
    say('missed');
    readBack.interrupted('sync', 'a break');
    await inbox.events('push', [say('arrived')]);
    await clock.pass(50_000);
    const meanwhile = [...said];
    await clock.until('the room goes on', () => said.length > 0, 20_000);
    assert.deepEqual([meanwhile, said], [[], ['arrived']]);
  });

  test('and waits as long as the homeserver cannot be reached at all', async () => {
    const { clock, homeserver, said, inbox, readBack, say } = await build();
    homeserver.reachable = false;
    homeserver.fault = ({ name }) =>
      name === 'messages' && !homeserver.reachable ? { kind: 'failed', error: UNREACHABLE } : undefined;
    say('missed');
    readBack.interrupted('sync', 'a break');
    await inbox.events('push', [say('arrived')]);
    await clock.pass(600_000);
    const meanwhile = [...said];
    homeserver.reachable = true;
    await clock.until('the room goes on', () => said.length === 2, 20_000);
    assert.deepEqual([meanwhile, said], [[], ['missed', 'arrived']]);
  });

  test('and goes on at once where the bot may not read', async () => {
    const { clock, homeserver, said, inbox, readBack, say } = await build();
    homeserver.fault = ({ name }) => (name === 'messages' ? { kind: 'failed', error: FORBIDDEN } : undefined);
    readBack.interrupted('sync', 'a break');
    await inbox.events('push', [say('arrived')]);
    await clock.until('the room goes on', () => said.length === 1, 1_000);
  });

  test('and nothing that waits is forgotten when the database fails in between', async () => {
    const { clock, said, inbox, readBack, say, db } = await build();
    say('missed');
    let failures = 0;
    db.isAway = () => failures++ % 2 === 0;
    readBack.interrupted('sync', 'a break');
    const arrived = say('arrived');
    for (let taken = false; !taken; )
      taken = await inbox.events('push', [arrived]).then(
        () => true,
        () => false,
      );
    await clock.until('the room goes on', () => said.length === 2);
    assert.deepEqual(said, ['missed', 'arrived']);
  });
});
