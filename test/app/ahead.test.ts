import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVER } from '../fakes/fake-homeserver.ts';
import { CHANNEL, configOf, FakeWorld } from '../fakes/fake-world.ts';

test('people of small rooms are connected before their first line, as soon as a reload asks for it', async () => {
  const world = await FakeWorld.make();
  await world.start();
  const { clock, homeserver, network, room } = world;
  await clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  const comes = async (name: string): Promise<void> => {
    const userId = `@${name}:${SERVER}`;
    homeserver.happen(room, userId, 'm.room.member', { membership: 'join' }, userId);
    await clock.until('all is quiet', () => world.isQuiet());
  };
  await comes('alice');
  assert.deepEqual(network.expected, []);
  const config = configOf([{ channel: CHANNEL, room: '#commons' }]);
  const networks = config.networks.map((each) => ({ ...each, puppets: { ...each.puppets, ahead: 2 } }));
  world.bridge?.reload({ ...config, networks });
  await comes('bob');
  await comes('carol');
  assert.deepEqual(network.expected, [`@alice:${SERVER}`, `@bob:${SERVER}`]);
});
