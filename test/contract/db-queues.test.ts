import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asNetworkId, keyFromMsgid, makeLaneId, makePortalId } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import type { InboxRow, LinkRow, OutboxRow } from '../../src/ports/stores.ts';
import { describeOnBothEngines } from './on-both-engines.ts';

const network = asNetworkId('home');
const garden = makePortalId(network, '#garden');
const commons = makePortalId(network, '#commons');
const toMatrix = makeLaneId(garden, 'to-matrix');
const toNetwork = makeLaneId(commons, 'to-network');

const inboxRow = (id: number, more: Partial<InboxRow> = {}): InboxRow => ({
  id,
  source: 'matrix',
  key: `$event${id}`,
  lane: toMatrix,
  receivedAtMs: 1_700_000_000_000 + id,
  payload: `{"n":${id}}`,
  state: 'waiting',
  seen: 1,
  ...more,
});

const outboxRow = (id: number, more: Partial<OutboxRow> = {}): OutboxRow => ({
  id,
  lane: toMatrix,
  key: `effect ${id}`,
  payload: `{"op":"matrix.notice","n":${id}}`,
  state: 'pending',
  attempts: 0,
  createdAtMs: 1_700_000_000_000 + id,
  detail: null,
  error: null,
  ...more,
});

const link = (n: number, more: Partial<LinkRow> = {}): LinkRow => ({
  network,
  messageKey: keyFromMsgid(`msg${n}`),
  room: '!garden:willow.example',
  eventId: `$event${n}`,
  direction: 'to-matrix',
  createdAtMs: 1_700_000_000_000 + n,
  sender: '@_causeway_home_bob:willow.example',
  nick: 'Bob',
  thread: null,
  gone: false,
  ...more,
});

describeOnBothEngines('inbox, outbox and links', (within) => {
  describe('inbox', () => {
    const { inbox } = stores;

    test('a row comes back as it was put in, and only once', () =>
      within(async (sql) => {
        assert.equal(await inbox.insert(sql, inboxRow(1)), true);
        assert.equal(await inbox.insert(sql, inboxRow(1)), false);
        assert.equal(await inbox.insert(sql, inboxRow(2, { key: '$event1', payload: 'other' })), false);
        assert.equal(await inbox.insert(sql, inboxRow(3, { key: '$event1', source: network })), true);
        assert.deepEqual(await inbox.waiting(sql, toMatrix, 10), [
          inboxRow(1),
          inboxRow(3, { key: '$event1', source: network }),
        ]);
      }));

    test('the waiting of a lane come oldest id first, bounded, and without what is done', () =>
      within(async (sql) => {
        for (const id of [5, 3, 4, 2, 1]) await inbox.insert(sql, inboxRow(id));
        await inbox.insert(sql, inboxRow(6, { lane: toNetwork }));
        await inbox.insert(sql, inboxRow(7, { lane: '' }));
        await inbox.insert(sql, inboxRow(8, { state: 'routed', payload: null, lane: toNetwork }));
        await inbox.markRouted(sql, 2);
        await inbox.park(sql, 3, 'it broke');
        assert.deepEqual(await inbox.waiting(sql, toMatrix, 2), [inboxRow(1), inboxRow(4)]);
        assert.deepEqual(await inbox.waitingLanes(sql), [toMatrix, toNetwork].sort());
        assert.deepEqual(await sql.all('SELECT id, state, payload, error FROM inbox WHERE id IN (2, 3) ORDER BY id'), [
          { id: 2, state: 'routed', payload: null, error: null },
          { id: 3, state: 'parked', payload: '{"n":3}', error: 'it broke' },
        ]);
      }));

    test('known tells the keys of a source that are there, however many are asked for', () =>
      within(async (sql) => {
        for (const id of [1, 2, 3]) await inbox.insert(sql, inboxRow(id));
        const asked = Array.from({ length: 1000 }, (_, index) => `$event${index}`);
        assert.deepEqual(await inbox.known(sql, 'matrix', asked), new Set(['$event1', '$event2', '$event3']));
        assert.deepEqual(await inbox.known(sql, 'matrix', ['$event2', '$other']), new Set(['$event2']));
        assert.deepEqual(await inbox.known(sql, network, asked), new Set());
        assert.deepEqual(await inbox.known(sql, 'matrix', []), new Set());
      }));

    test('keys that no index can hold, and text that Postgres refuses, are found again by themselves', () =>
      within(async (sql) => {
        const long = 'k'.repeat(8000);
        const odd = 'nul \0, half \ud800, emoji 🪴'.repeat(100);
        for (const [index, key] of [long, `${long}x`, odd].entries())
          assert.equal(await inbox.insert(sql, inboxRow(index, { key, payload: 'a\0b' })), true);
        assert.deepEqual(await inbox.known(sql, 'matrix', [odd, long, `${long}y`]), new Set([odd, long]));
        assert.equal(await inbox.markSeen(sql, 'matrix', `${long}x`, 2), 3);
        assert.deepEqual(
          (await inbox.waiting(sql, toMatrix, 10)).map((row) => row.payload),
          ['a\uFFFDb', 'a\uFFFDb', 'a\uFFFDb'],
        );
      }));

    test('markSeen gathers bits and knows nothing of strangers', () =>
      within(async (sql) => {
        await inbox.insert(sql, inboxRow(1));
        assert.equal(await inbox.markSeen(sql, 'matrix', '$event1', 4), 5);
        assert.equal(await inbox.markSeen(sql, 'matrix', '$event1', 4), 5);
        assert.equal(await inbox.markSeen(sql, 'matrix', '$stranger', 4), undefined);
        assert.deepEqual(await inbox.waiting(sql, toMatrix, 10), [inboxRow(1, { seen: 5 })]);
      }));

    test('renumber moves a waiting row, and no other', () =>
      within(async (sql) => {
        await inbox.insert(sql, inboxRow(1));
        await inbox.insert(sql, inboxRow(2));
        await inbox.insert(sql, inboxRow(3, { state: 'routed' }));
        await inbox.renumber(sql, 1, 10);
        await inbox.renumber(sql, 3, 11);
        assert.deepEqual(await inbox.waiting(sql, toMatrix, 10), [inboxRow(2), inboxRow(10, inboxRow(1, { id: 10 }))]);
        assert.equal(await inbox.maxId(sql), 10);
      }));

    test('prune forgets the old routed rows a thousand at a time, and their ids are not given again', () =>
      within(async (sql) => {
        for (let id = 1; id <= 1500; id++) await inbox.insert(sql, inboxRow(id, { state: 'routed', payload: null }));
        await inbox.insert(sql, inboxRow(1501));
        await inbox.insert(sql, inboxRow(1502, { state: 'parked' }));
        const before = 1_700_000_000_000 + 1400;
        assert.deepEqual(
          [await inbox.prune(sql, before), await inbox.prune(sql, before), await inbox.prune(sql, before)],
          [1000, 399, 0],
        );
        const left = await sql.all<{ n: number; least: number }>('SELECT COUNT(*) AS n, MIN(id) AS least FROM inbox');
        assert.deepEqual(left, [{ n: 103, least: 1400 }]);
        await sql.run('DELETE FROM inbox');
        assert.equal(await inbox.maxId(sql), 1502);
      }));

    test('maxId is 0 in the beginning', () =>
      within(async (sql) => {
        assert.equal(await inbox.maxId(sql), 0);
      }));
  });

  describe('outbox', () => {
    const { outbox } = stores;

    test('insert tells the new rows in order, and open gives them back whole', () =>
      within(async (sql) => {
        const rows = Array.from({ length: 90 }, (_, index) => outboxRow(index + 1));
        assert.deepEqual(await outbox.insert(sql, rows.slice(10, 20)), rows.slice(10, 20));
        assert.deepEqual(await outbox.insert(sql, rows), [...rows.slice(0, 10), ...rows.slice(20)]);
        assert.deepEqual(
          await outbox.insert(sql, [rows[0] ?? outboxRow(1), outboxRow(100), outboxRow(101, { key: 'effect 100' })]),
          [outboxRow(100)],
        );
        assert.deepEqual(await outbox.insert(sql, []), []);
        assert.deepEqual(await outbox.open(sql, toMatrix, 0, 200), [...rows, outboxRow(100)]);
        assert.deepEqual(await outbox.open(sql, toMatrix, 88, 1), [outboxRow(89)]);
        assert.deepEqual(await outbox.open(sql, toNetwork, 0, 200), []);
      }));

    test('sending counts the try and keeps what was noted, pending takes back', () =>
      within(async (sql) => {
        await outbox.insert(
          sql,
          [1, 2, 3, 4].map((id) => outboxRow(id)),
        );
        await outbox.markSending(sql, [1, 2, 3], new Map([[2, '{"parts":["a"]}']]));
        await outbox.markPending(sql, [3]);
        await outbox.markSending(sql, [2], new Map());
        await outbox.markPending(sql, []);
        assert.deepEqual(await outbox.open(sql, toMatrix, 0, 10), [
          outboxRow(1, { state: 'sending', attempts: 1 }),
          outboxRow(2, { state: 'sending', attempts: 2, detail: '{"parts":["a"]}' }),
          outboxRow(3, { attempts: 1 }),
          outboxRow(4),
        ]);
      }));

    test('what is finished is gone, its key may come again, its id not', () =>
      within(async (sql) => {
        await outbox.insert(sql, [outboxRow(7), outboxRow(8), outboxRow(9)]);
        await outbox.finish(sql, [9, 7]);
        assert.deepEqual(await outbox.open(sql, toMatrix, 0, 10), [outboxRow(8)]);
        assert.equal(await outbox.maxId(sql), 9);
        await outbox.finish(sql, [8]);
        assert.equal(await outbox.maxId(sql), 9);
        assert.deepEqual(await outbox.insert(sql, [outboxRow(10, { key: 'effect 7' })]), [
          outboxRow(10, { key: 'effect 7' }),
        ]);
        assert.equal(await outbox.maxId(sql), 10);
      }));

    test('parked rows are no longer open, and the backlog counts everything', () =>
      within(async (sql) => {
        await outbox.insert(sql, [outboxRow(1), outboxRow(2), outboxRow(3), outboxRow(4, { lane: toNetwork })]);
        await outbox.markSending(sql, [2], new Map());
        await outbox.park(sql, 1, 'M_FORBIDDEN');
        await outbox.park(sql, 4, 'no such channel');
        await stores.inbox.insert(sql, inboxRow(1, { lane: toNetwork }));
        await stores.inbox.insert(sql, inboxRow(2, { lane: toNetwork }));
        await stores.inbox.park(sql, 2, 'it made the bridge fail');
        assert.deepEqual(await outbox.open(sql, toMatrix, 0, 10), [
          outboxRow(2, { state: 'sending', attempts: 1 }),
          outboxRow(3),
        ]);
        assert.deepEqual(await outbox.openLanes(sql), [toMatrix]);
        assert.deepEqual(await outbox.backlog(sql), [
          { lane: toMatrix, pending: 1, sending: 1, parked: 1, oldestAtMs: 1_700_000_000_002 },
          { lane: toNetwork, pending: 0, sending: 0, parked: 2, oldestAtMs: null },
        ]);
        assert.deepEqual(await sql.all('SELECT error FROM outbox WHERE id = 1'), [{ error: 'M_FORBIDDEN' }]);
      }));
  });

  describe('link', () => {
    const { link: links } = stores;

    test('of a deleted event says so, and others do not', () =>
      within(async (sql) => {
        await links.insert(sql, [link(1, { thread: '$root' }), link(2, { eventId: '$event1' }), link(3)]);
        await links.markGone(sql, '!garden:willow.example', '$event1');
        await links.markGone(sql, '!other:willow.example', '$event3');
        assert.deepEqual(await links.byEvent(sql, '!garden:willow.example', '$event1'), [
          link(1, { thread: '$root', gone: true }),
          link(2, { eventId: '$event1', gone: true }),
        ]);
        assert.deepEqual(await links.byKey(sql, network, keyFromMsgid('msg3')), [link(3)]);
      }));

    test('leads both ways, and a link that is there stays', () =>
      within(async (sql) => {
        const rows = [
          link(1),
          link(1, { eventId: '$second' }),
          link(2, { eventId: '$event1' }),
          link(3, { direction: 'to-network' }),
        ];
        await links.insert(sql, rows);
        await links.insert(sql, [link(1, { createdAtMs: 5 }), link(4)]);
        assert.deepEqual(await links.byKey(sql, network, keyFromMsgid('msg1')), [
          link(1),
          link(1, { eventId: '$second' }),
        ]);
        assert.deepEqual(await links.byEvent(sql, '!garden:willow.example', '$event1'), [
          link(1),
          link(2, { eventId: '$event1' }),
        ]);
        assert.deepEqual(await links.byEvent(sql, '!other:willow.example', '$event1'), []);
        assert.deepEqual(await links.byKey(sql, asNetworkId('other'), keyFromMsgid('msg1')), []);
      }));

    test('tells which messages we ourselves sent', () =>
      within(async (sql) => {
        await links.insert(sql, [link(1), link(2, { direction: 'to-network' }), link(3, { direction: 'to-network' })]);
        const asked = ['msg1', 'msg2', 'msg4'].map(keyFromMsgid);
        assert.deepEqual(await links.sentByUs(sql, network, asked), new Set([keyFromMsgid('msg2')]));
        assert.deepEqual(await links.sentByUs(sql, asNetworkId('other'), asked), new Set());
      }));

    test('prune forgets the oldest thousand at a time', () =>
      within(async (sql) => {
        await links.insert(
          sql,
          Array.from({ length: 1100 }, (_, index) => link(index)),
        );
        const before = 1_700_000_000_000 + 1050;
        assert.deepEqual(
          [await links.prune(sql, before), await links.prune(sql, before), await links.prune(sql, before)],
          [1000, 50, 0],
        );
        assert.deepEqual(await links.byEvent(sql, '!garden:willow.example', '$event1050'), [link(1050)]);
      }));
  });
});
