import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange } from '../../../src/app/admission/resources.ts';
import type { Config } from '../../../src/config/schema.ts';

/** How people come into a room that follows a Space, with a policy engine and without. */
function joinWith(authority: object) {
  const channels = [{ channel: '#members', room: '#members', require: 'member', join: 'restricted' }];
  const config = {
    cooperative: { name: 'Willow', space: '#willow', servers: [], groups: [] },
    authority: { source: 'file', ...authority },
    networks: [{ id: 'home', channels }],
  } as unknown as Config;
  const { rooms } = arrange(config, { serverName: 'x', isWalled: () => false });
  return rooms.find(({ id }) => id === 'channel:home/#members')?.join;
}

test('a policy engine is asked before anybody comes into a room: no Space lets them in by itself', () => {
  assert.deepEqual(joinWith({}), { rule: 'restricted', allow: 'space:coop' });
  assert.deepEqual(joinWith({ decisions: { url: 'http://127.0.0.1:3592' } }), { rule: 'invite' });
});
