import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asNetworkId, makePortalId } from '../../src/core/ids.ts';
import type { ShutOut } from '../../src/core/policy/plan-shut-outs.ts';
import { stores } from '../../src/db/stores/stores.ts';
import type { PolicyRow } from '../../src/ports/policy-store.ts';
import { describeOnBothEngines } from './on-both-engines.ts';

const row = (room: string, slot: string, more: Partial<PolicyRow> = {}): PolicyRow => ({
  ...{ room, slot, type: 'm.policy.rule.user', eventId: `$${slot}`, sentAtMs: 1_700_000_000_000, content: '{}' },
  ...more,
});

describeOnBothEngines('policy lists', (within) => {
  test('keep one row for each place, and are forgotten whole', () =>
    within(async (sql) => {
      const { policy } = stores;
      await policy.put(sql, [row('!a', '1'), row('!a', '2'), row('!b', '1')]);
      const later = row('!a', '1', { eventId: '$later', sentAtMs: 1_800_000_000_000, content: '{"entity":"@x:y"}' });
      await policy.put(sql, [later]);
      assert.deepEqual(await policy.all(sql), [later, row('!a', '2'), row('!b', '1')]);
      await policy.delete(sql, '!a', ['2', 'nothing']);
      assert.deepEqual(await policy.all(sql), [later, row('!b', '1')]);
      await policy.forget(sql, '!a');
      assert.deepEqual(await policy.all(sql), [row('!b', '1')]);
    }));

  test('keep what was done to whom until it is undone', () =>
    within(async (sql) => {
      const { policy } = stores;
      const done: ShutOut = {
        portal: makePortalId(asNetworkId('home'), '#c'),
        ghost: '@_causeway_home_bob:shard.test',
        who: { nick: 'bob', account: null },
        room: '!r',
        reason: 'spam',
        masks: ['bob!*@*'],
      };
      await policy.putShutOut(sql, done);
      await policy.putShutOut(sql, { ...done, room: null });
      assert.deepEqual(await policy.shutOuts(sql), [{ ...done, room: null }]);
      await policy.deleteShutOut(sql, done);
      assert.deepEqual(await policy.shutOuts(sql), []);
    }));
});
