import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DirectRooms } from '../../../src/app/direct/direct-rooms.ts';
import type { Lanes } from '../../../src/app/lanes/lanes.ts';
import { Ledger } from '../../../src/app/lanes/ledger.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import { Signal } from '../../../src/app/timing/signal.ts';
import { ok } from '../../../src/core/errors.ts';
import type { NetworkMessage } from '../../../src/core/events.ts';
import { keyFromMsgid } from '../../../src/core/ids.ts';
import { stores } from '../../../src/db/stores/stores.ts';
import { openForTest } from '../../db/kit.ts';
import { FakeNetwork, HOME } from '../../fakes/fake-network.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { Life } from '../../fakes/life.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { ALICE } from './whispers.ts';

const BOB = { nick: 'bob', user: 'u', host: 'bob.home', account: null } as const;
const MADE = '!made:shard.example';

/** Conversations over a real database, whose rooms are made as soon as they are asked for. */
async function conversations() {
  const clock = new ManualClock();
  const db = await openForTest('sqlite::memory:');
  const kit = kitFor(db, clock, { networks: new Map([[HOME, new FakeNetwork(clock).connect(new Life())]]) });
  const ledger = new Ledger(kit, () => ({ add() {}, depth: () => 0 }) as unknown as Lanes);
  const portals = new PortalTable();
  const abandoned: string[] = [];
  const { promise: mayMake, resolve: make } = Promise.withResolvers<void>();
  const rooms = new DirectRooms({
    kit,
    ledger,
    portals,
    maker: {
      ensure: async ({ roomId }) => {
        await mayMake;
        return ok(roomId ?? MADE);
      },
      isThere: async () => true,
      anchorOf: async () => undefined,
      finished: async () => {},
      abandon: async (_, room) => {
        abandoned.push(room);
      },
    },
    stopping: () => false,
    refusal: () => undefined,
    onRefused: () => {},
    stop: new Signal(clock),
  });
  const hear = (nick: string) => {
    const line: NetworkMessage = {
      ...{ kind: 'message', network: HOME, channel: nick, key: keyFromMsgid(nick), timeMs: 0, replayed: false },
      ...{ source: { ...BOB, nick }, own: false, style: 'text', lines: ['x'], privatelyTo: ALICE },
    };
    return ledger.write((entry) => rooms.portalOf(entry, line, ALICE));
  };
  const onDisk = async () =>
    (await db.transaction((sql) => stores.direct.all(sql))).map(({ roomId, blocked, peer }) => ({
      ...{ roomId, blocked, nick: peer.nick },
    }));
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { rooms, hear, make, onDisk, settled, abandoned };
}

describe('what shares a commit with a line of the other', () => {
  test('a block stays, in memory and on disk', async () => {
    const { rooms, hear, make, onDisk, settled } = await conversations();
    make();
    await hear('bob');
    await settled();
    await Promise.all([rooms.setBlocked(MADE, ALICE, true), hear('Bob')]);
    assert.deepEqual(await onDisk(), [{ roomId: MADE, blocked: true, nick: 'Bob' }]);
    assert.equal(await hear('bob'), undefined);
  });

  test('a room that was just stored stays, and the one that was made at the same moment is given up', async () => {
    const { rooms, hear, make, onDisk, settled, abandoned } = await conversations();
    const portal = await hear('bob');
    const peer = { subject: { kind: 'nick', name: 'bob' }, nick: 'bob', host: 'u@bob.home' } as const;
    const theirs = '!theirs:shard.example';
    await Promise.all([rooms.adopt(HOME, ALICE, peer, theirs), hear('Bob')]);
    make();
    await settled();
    assert.deepEqual(await onDisk(), [{ roomId: theirs, blocked: false, nick: 'bob' }]);
    assert.deepEqual([portal?.roomId, portal?.direct?.peer.nick, abandoned], [theirs, 'bob', [MADE]]);
  });
});
