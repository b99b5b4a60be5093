import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BOT } from '../fakes/fake-homeserver.ts';
import { CHANNEL, configOf, FakeWorld } from '../fakes/fake-world.ts';

const ALICE = '@alice:willow.example';
const GHOST = '@_causeway_home_bob:willow.example';

async function running(section: object) {
  const world = await FakeWorld.make();
  const config = configOf([{ channel: CHANNEL, room: '#commons' }]);
  world.config = { ...config, networks: config.networks.map((one) => ({ ...one, ...section })) } as typeof config;
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  const gate = world.bridge?.gate;
  assert.ok(gate);
  return { world, gate, signs: world.network.signs };
}

describe('a person of Matrix who is away', () => {
  test('is away on the network where that is asked for, and nothing is said in the channel', async () => {
    const { world, gate, signs } = await running({ presence: { toMatrix: false, toNetwork: true } });
    gate.presence(ALICE, { state: 'unavailable', status: 'lunch' });
    gate.presence(ALICE, { state: 'online' });
    gate.presence(ALICE, { state: 'offline' });
    gate.presence(GHOST, { state: 'unavailable' });
    gate.presence(BOT, { state: 'offline' });
    await world.clock.pass(10_000);
    assert.deepEqual(
      [signs, world.network.said],
      [[`${ALICE} away lunch`, `${ALICE} back`, `${ALICE} away Offline`], []],
    );
  });

  test('is nobody’s business where it is not', async () => {
    const { world, gate, signs } = await running({ presence: { toMatrix: true, toNetwork: false } });
    gate.presence(ALICE, { state: 'offline' });
    gate.read(world.room, ALICE, '$1');
    await world.clock.pass(10_000);
    assert.deepEqual([signs, world.bridge?.ephemera], [[], { presence: false, receipts: false }]);
  });

  test('and does not want to be bridged is away nowhere', async () => {
    const { world, gate, signs } = await running({ presence: { toMatrix: false, toNetwork: true } });
    gate.presence(ALICE, { state: 'unavailable', status: 'lunch' });
    world.onMatrix(ALICE, '!causeway optout');
    await world.clock.until('it is heard', () => world.homeserver.saidIn(world.room).length > 0);
    gate.presence(ALICE, { state: 'unavailable', status: 'dinner' });
    await world.clock.pass(1_000);
    assert.deepEqual(signs, [`${ALICE} away lunch`, `${ALICE} back`]);
  });

  test('before their connection is there is asked for once it is', async () => {
    const { world, gate, signs } = await running({ presence: { toMatrix: false, toNetwork: true } });
    world.homeserver.presences.set(ALICE, { state: 'unavailable', status: 'since yesterday' });
    const seen = { userId: ALICE, nick: 'alice', account: null, prefix: null };
    world.network.sink?.puppetSeen(seen);
    world.network.sink?.puppetSeen(seen);
    await world.clock.pass(1_000);
    gate.presence(ALICE, { state: 'online' });
    world.network.sink?.puppetSeen(seen);
    await world.clock.pass(1_000);
    assert.deepEqual(signs, [`${ALICE} away since yesterday`, `${ALICE} back`]);
  });
});

describe('what a person of Matrix has read', () => {
  test('is read on the network up to the time of that event, by people and in rooms that are linked', async () => {
    const { world, gate, signs } = await running({ readMarkers: true });
    const { homeserver, room } = world;
    const old = homeserver.happen(room, ALICE, 'm.room.message', { msgtype: 'm.text', body: 'hello' });
    await world.clock.until('it is said', () => world.isQuiet());
    const asked = () => homeserver.calls.filter((call) => call.startsWith('event')).length;
    const before = asked();
    gate.read(room, ALICE, old.event_id);
    gate.read(room, GHOST, old.event_id);
    gate.read(room, BOT, old.event_id);
    gate.read('!elsewhere:x', ALICE, old.event_id);
    gate.read(room, ALICE, '$nobody-knows');
    await world.clock.pass(1_000);
    assert.deepEqual(
      [signs, asked() - before, world.bridge?.ephemera],
      [[`${ALICE} read ${CHANNEL} ${old.origin_server_ts}`], 1, { presence: false, receipts: true }],
    );
  });

  test('counts from the moment at which the configuration asks for it, and until it does no more', async () => {
    const { world, gate, signs } = await running({ readMarkers: false });
    const { homeserver, room, config } = world;
    const old = homeserver.happen(room, ALICE, 'm.room.message', { msgtype: 'm.text', body: 'hello' });
    await world.clock.until('it is said', () => world.isQuiet());
    const seen: unknown[] = [];
    for (const readMarkers of [true, false]) {
      gate.read(room, ALICE, old.event_id);
      await world.clock.pass(1_000);
      seen.push([signs.length, world.bridge?.ephemera.receipts]);
      world.bridge?.reload({ ...config, networks: config.networks.map((one) => ({ ...one, readMarkers })) });
    }
    gate.read(room, ALICE, old.event_id);
    await world.clock.pass(1_000);
    seen.push([signs.length, world.bridge?.ephemera.receipts]);
    assert.deepEqual(seen, [
      [0, false],
      [1, true],
      [1, false],
    ]);
  });

  test('before a restart is looked up at the homeserver, once', async () => {
    const { world } = await running({ readMarkers: true });
    const { homeserver, room } = world;
    const old = homeserver.happen(room, ALICE, 'm.room.message', { msgtype: 'm.text', body: 'hello' });
    await world.clock.until('it is said', () => world.isQuiet());
    world.kill();
    await world.start();
    await world.clock.pass(10_000);
    for (let i = 0; i < 3; i++) {
      world.bridge?.gate.read(room, ALICE, old.event_id);
      await world.clock.pass(1_000);
    }
    const looks = homeserver.calls.filter((call) => call.startsWith('event')).length;
    assert.deepEqual([new Set(world.network.signs).size, looks <= 1], [1, true]);
  });
});
