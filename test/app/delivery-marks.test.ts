import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SEND_STATUS } from '../../src/core/convert/send-status.ts';
import type { MatrixEvent } from '../../src/core/events.ts';
import { BOT, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { CANNOT_SEND } from '../fakes/fake-network.ts';
import { CHANNEL, configOf, FakeWorld } from '../fakes/fake-world.ts';

const ALICE = '@alice:willow.example';
const BOB = '@bob:willow.example';

async function talking(deliveryMarks: string) {
  const world = await FakeWorld.make();
  const config = configOf([{ channel: CHANNEL, room: '#commons' }]);
  world.config = { ...config, networks: config.networks.map((one) => ({ ...one, deliveryMarks })) } as typeof config;
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.some((line) => line.endsWith('linked')));
  const { homeserver, room, clock } = world;
  for (const person of [ALICE, BOB]) homeserver.happen(room, person, 'm.room.member', { membership: 'join' }, person);
  return {
    world,
    say: (who: string, body: string): MatrixEvent =>
      homeserver.happen(room, who, 'm.room.message', { msgtype: 'm.text', body }),
    quiet: async (): Promise<void> => {
      await clock.until('nothing waits', () => world.isQuiet());
      await clock.pass(2_000);
    },
    /** What programs were told, as `status event reason`. */
    told: () =>
      homeserver
        .room(room)
        .events.filter(({ type }) => type === SEND_STATUS)
        .map(({ content }) => {
          const { event_id } = content['m.relates_to'] as { event_id: string };
          return [content.status, event_id, ...(content.reason === undefined ? [] : [content.reason])].join(' ');
        }),
    read: () => homeserver.read.get(`${BOT} ${room}`),
  };
}

describe('what became of what was said', () => {
  test('is told for programs where that is asked for: once for a message, however many lines it has', async () => {
    const { say, quiet, told, read } = await talking('events');
    const one = say(ALICE, 'hello');
    const many = say(BOB, 'one\ntwo\nthree');
    await quiet();
    assert.deepEqual([told(), read()], [[`SUCCESS ${one.event_id}`, `SUCCESS ${many.event_id}`], undefined]);
  });

  test('is told from the moment at which the configuration asks for it', async () => {
    const { world, say, quiet, told } = await talking('none');
    say(ALICE, 'before');
    await quiet();
    const networks = world.config.networks.map((one) => ({ ...one, deliveryMarks: 'events' as const }));
    world.bridge?.reload({ ...world.config, networks });
    const after = say(ALICE, 'after');
    await quiet();
    assert.deepEqual(told(), [`SUCCESS ${after.event_id}`]);
  });

  test('is told of each that was refused, also where people are told once in ten minutes', async () => {
    const { world, say, quiet, told } = await talking('events');
    world.network.fault = (_, text) => (text.startsWith('no') ? { kind: 'refused', error: CANNOT_SEND } : undefined);
    const refused = [say(ALICE, 'no 1'), say(ALICE, 'no 2')];
    // A message of which a part is missing has not arrived.
    const half = say(ALICE, 'no half\nbut this');
    await quiet();
    const notices = world.homeserver.saidIn(world.room);
    assert.deepEqual(
      [told(), notices.length],
      [[...refused, half].map(({ event_id }) => `FAIL_PERMANENT ${event_id} m.foreign_network_error`), 1],
    );
  });

  test('waits, is told after a minute of each that waits, and arrives', async () => {
    const { world, say, quiet, told } = await talking('events');
    world.network.goDown(200_000);
    const early = [say(ALICE, 'one'), say(BOB, 'two')];
    await world.clock.pass(30_000);
    const before = told();
    const late = say(ALICE, 'three');
    await world.clock.pass(120_000);
    const waiting = told();
    await quiet();
    const ids = [...early, late].map(({ event_id }) => event_id);
    assert.deepEqual(
      [before, waiting.toSorted(), told().slice(3)],
      [[], ids.map((id) => `PENDING ${id} m.bridge_unavailable`).toSorted(), ids.map((id) => `SUCCESS ${id}`)],
    );
  });

  test('is told after a crash at any moment, and the last word is the right one', async () => {
    for (const at of ['after-sending-marked', 'after-network-confirmed'] as const) {
      const { world, say, quiet, told } = await talking('events');
      let armed = true;
      world.failpoint = (name) => {
        if (!armed || name !== at) return;
        armed = false;
        world.kill();
      };
      const event = say(ALICE, 'hello');
      await world.clock.until('it was killed', () => !armed);
      await world.start();
      await quiet();
      assert.deepEqual([at, new Set(told())], [at, new Set([`SUCCESS ${event.event_id}`])]);
    }
  });

  test('waits for a homeserver that is away, and only the last word of each is said then', async () => {
    const { world, say, quiet, told } = await talking('events');
    world.homeserver.fault = ({ name, as }) =>
      name === 'send' && as === BOT ? { kind: 'failed', error: UNREACHABLE } : undefined;
    world.network.goDown(90_000);
    const event = say(ALICE, 'hello');
    await world.clock.pass(120_000);
    world.homeserver.fault = () => undefined;
    await quiet();
    assert.deepEqual(told(), [`SUCCESS ${event.event_id}`]);
  });

  test('shows as receipts of the bot where that is asked for: in talk a few for all', async () => {
    const { world, say, quiet, told, read } = await talking('receipts');
    const events = Array.from({ length: 50 }, (_, index) => say(ALICE, `line ${index}`));
    await quiet();
    const receipts = world.homeserver.calls.filter((call) => call.startsWith('markRead')).length;
    assert.deepEqual([read(), told()], [events.at(-1)?.event_id, []]);
    assert.ok(receipts < 10, `${receipts} receipts`);
  });

  test('shows nowhere else', async () => {
    const { world, say, quiet, told, read } = await talking('none');
    say(ALICE, 'hello\nworld');
    await quiet();
    assert.deepEqual([world.network.said.length, told(), read()], [2, [], undefined]);
  });
});
