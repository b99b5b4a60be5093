import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from '../../src/core/direct.ts';
import { asNetworkId, makeDirectId } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import { describeOnBothEngines } from './on-both-engines.ts';

const network = asNetworkId('home');
const userId = '@alice:shard.example';
const bob: Peer = { subject: { kind: 'nick', name: 'bob' }, nick: 'bob', host: 'u@bob.home' };
const id = makeDirectId(network, userId, bob.subject);

describeOnBothEngines('private conversations', (within) => {
  test('change in one thing at a time, and keep their first room', () =>
    within(async (sql) => {
      const { direct } = stores;
      await direct.meet(sql, { id, network, userId, peer: bob });
      assert.deepEqual(await direct.all(sql), [{ id, network, userId, peer: bob, roomId: null, blocked: false }]);
      assert.equal(await direct.setRoom(sql, id, '!one'), '!one');
      await direct.setBlocked(sql, id, true);
      const later = { ...bob, nick: 'Bob' };
      await direct.meet(sql, { id, network, userId, peer: later });
      assert.equal(await direct.setRoom(sql, id, '!two'), '!one');
      assert.deepEqual(await direct.all(sql), [{ id, network, userId, peer: later, roomId: '!one', blocked: true }]);
      await direct.setBlocked(sql, id, false);
      assert.deepEqual(await direct.all(sql), [{ id, network, userId, peer: later, roomId: '!one', blocked: false }]);
      await direct.moveRoom(sql, id, '!two');
      assert.deepEqual(await direct.all(sql), [{ id, network, userId, peer: later, roomId: '!two', blocked: false }]);
    }));
});
