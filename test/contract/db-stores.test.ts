import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asNetworkId, keyFromMsgid, makePortalId } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import type { GhostRow, PortalRow, PuppetRow } from '../../src/ports/stores.ts';
import { describeOnBothEngines } from './on-both-engines.ts';

const network = asNetworkId('home');
const garden = makePortalId(network, '#garden');
const commons = makePortalId(network, '#commons');

describeOnBothEngines('what is known of rooms and people', (within) => {
  test('cursors are set, replaced, listed by prefix and deleted', () =>
    within(async (sql) => {
      const { cursor } = stores;
      assert.equal(await cursor.get(sql, 'sync'), undefined);
      for (const [name, value] of [
        ['sync', '"s1"'],
        ['at:b%', '2'],
        ['at:a_', '1'],
        ['AT:c', '3'],
        ['at🪴', '4'],
        ['sync', '"s2"'],
      ] as const)
        await cursor.set(sql, name, value);
      assert.equal(await cursor.get(sql, 'sync'), '"s2"');
      assert.deepEqual(
        [...(await cursor.list(sql, 'at:'))],
        [
          ['at:a_', '1'],
          ['at:b%', '2'],
        ],
      );
      assert.deepEqual([...(await cursor.list(sql, 'at🪴'))], [['at🪴', '4']]);
      assert.equal((await cursor.list(sql, '')).size, 5);
      await cursor.delete(sql, 'sync');
      await cursor.delete(sql, 'never there');
      assert.equal(await cursor.get(sql, 'sync'), undefined);
    }));

  test('who said a message is remembered with its link, and with the first one only', () =>
    within(async (sql) => {
      const { link } = stores;
      const row = (key: string, eventId: string, atMs: number) =>
        ({
          network,
          messageKey: keyFromMsgid(key),
          room: '!r',
          eventId,
          direction: 'to-matrix',
          createdAtMs: atMs,
          sender: null,
          nick: null,
          thread: null,
          gone: false,
        }) as const;
      await link.insert(sql, [
        { ...row('1', '$a', 1), provenance: '{"nick":"zoë"}' },
        { ...row('2', '$a', 2), provenance: '{"nick":"other"}' },
        row('3', '$b', 3),
      ]);
      assert.equal(await link.provenance(sql, '!r', '$a'), '{"nick":"zoë"}');
      assert.equal(await link.provenance(sql, '!r', '$b'), undefined);
      assert.equal(await link.provenance(sql, '!other', '$a'), undefined);
    }));

  test('portals are put, touched in each direction, and deleted', () =>
    within(async (sql) => {
      const { portal } = stores;
      const row = (id: PortalRow['id'], more: Partial<PortalRow> = {}): PortalRow => ({
        id,
        network,
        channel: '#Garden',
        roomId: '!garden:willow.example',
        lastToMatrixMs: null,
        lastToNetworkMs: null,
        ...more,
      });
      await portal.put(sql, row(garden));
      await portal.put(sql, row(commons, { lastToMatrixMs: 5 }));
      await portal.touch(sql, garden, 'to-matrix', 1_700_000_000_001);
      await portal.touch(sql, garden, 'to-network', 1_700_000_000_002);
      await portal.put(sql, row(commons, { channel: '#commons', roomId: '!new:willow.example' }));
      assert.deepEqual(await portal.all(sql), [
        row(commons, { channel: '#commons', roomId: '!new:willow.example' }),
        row(garden, { lastToMatrixMs: 1_700_000_000_001, lastToNetworkMs: 1_700_000_000_002 }),
      ]);
      await portal.delete(sql, garden);
      assert.equal((await portal.all(sql)).length, 1);
    }));

  test('ghosts are kept whole, and their rooms with when they last spoke', () =>
    within(async (sql) => {
      const { ghost } = stores;
      const ann: GhostRow = {
        userId: '@_causeway_home_ann:w',
        network,
        displayName: null,
        registered: false,
        silenced: true,
      };
      assert.equal(await ghost.get(sql, ann.userId), undefined);
      await ghost.put(sql, ann);
      assert.deepEqual(await ghost.get(sql, ann.userId), ann);
      const renamed: GhostRow = { ...ann, displayName: 'Ann\u{1fab4}', registered: true, silenced: false };
      await ghost.put(sql, renamed);
      assert.deepEqual(await ghost.get(sql, ann.userId), renamed);
      await ghost.join(sql, ann.userId, '!a:w', 1);
      await ghost.join(sql, '@_causeway_home_bob:w', '!a:w', 2);
      await ghost.join(sql, ann.userId, '!b:w', 3);
      await ghost.join(sql, ann.userId, '!a:w', 4);
      await ghost.spoke(sql, '@_causeway_home_bob:w', '!a:w', 5);
      await ghost.spoke(sql, '@_causeway_home_bob:w', '!never:w', 5);
      await ghost.leave(sql, ann.userId, '!b:w');
      assert.deepEqual(await ghost.joined(sql, '!a:w'), [
        { userId: ann.userId, roomId: '!a:w', lastSpokeMs: 4 },
        { userId: '@_causeway_home_bob:w', roomId: '!a:w', lastSpokeMs: 5 },
      ]);
      assert.deepEqual(await ghost.joined(sql, '!b:w'), []);
    }));

  test('puppets are remembered as they last stood on each network', () =>
    within(async (sql) => {
      const { puppet } = stores;
      const ann: PuppetRow = { network, userId: '@ann:w', nick: 'ann', account: null, prefix: null, lastUsedMs: 1 };
      const now: PuppetRow = {
        ...ann,
        nick: 'ann_',
        account: 'ann',
        prefix: 'ann_!a@h',
        lastUsedMs: 1_700_000_000_000,
      };
      await puppet.put(sql, ann);
      await puppet.put(sql, now);
      await puppet.put(sql, { ...ann, userId: '@abe:w' });
      await puppet.put(sql, { ...ann, network: asNetworkId('other') });
      assert.deepEqual(await puppet.all(sql, network), [{ ...ann, userId: '@abe:w' }, now]);
    }));

  test('members are put with what was there before, and listed by room', () =>
    within(async (sql) => {
      const { member } = stores;
      const ann = { roomId: '!a:w', userId: '@ann:w', membership: 'join', displayName: 'Ann' };
      const left = { ...ann, membership: 'leave', displayName: null };
      assert.equal(await member.put(sql, ann), undefined);
      assert.deepEqual(await member.put(sql, left), ann);
      await member.put(sql, { ...ann, userId: '@abe:w' });
      await member.put(sql, { ...ann, roomId: '!b:w' });
      assert.deepEqual(await member.get(sql, '!a:w', '@ann:w'), left);
      assert.equal(await member.get(sql, '!a:w', '@nobody:w'), undefined);
      assert.deepEqual(await member.inRoom(sql, '!a:w'), [{ ...ann, userId: '@abe:w' }, left]);
    }));
});
