import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { asNetworkId, keyFromMsgid, makeLaneId, makePortalId } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import type { Database, Sql, SqlValue } from '../../src/ports/db.ts';
import { openForTest } from '../db/kit.ts';
import { testEngines } from './engines.ts';

const PORTALS = 10_000;
const OLD_ROWS = 100_000;

const network = asNetworkId('home');
const portal = makePortalId(network, '#c7');
const lane = makeLaneId(portal, 'to-matrix');
const now = 1_700_000_000_000;

/** Everything that runs once per line or per event. What runs at a start or for status is not here. */
const QUERIES: Readonly<Record<string, (sql: Sql) => Promise<unknown>>> = {
  'inbox.insert': (sql) =>
    stores.inbox.insert(sql, {
      id: 9e8,
      source: 'matrix',
      key: '$new',
      lane,
      receivedAtMs: now,
      payload: '{}',
      state: 'waiting',
      seen: 1,
    }),
  'inbox.known': (sql) => stores.inbox.known(sql, 'matrix', ['$1', '$2', '$nothing']),
  'inbox.markSeen': (sql) => stores.inbox.markSeen(sql, 'matrix', '$5', 2),
  'inbox.waiting': (sql) => stores.inbox.waiting(sql, lane, 50),
  'inbox.waitingLanes': (sql) => stores.inbox.waitingLanes(sql),
  'inbox.markRouted': (sql) => stores.inbox.markRouted(sql, 7),
  'inbox.park': (sql) => stores.inbox.park(sql, 7, 'error'),
  'inbox.renumber': (sql) => stores.inbox.renumber(sql, 7, 8e8),
  'inbox.prune': (sql) => stores.inbox.prune(sql, 500),
  'inbox.maxId': (sql) => stores.inbox.maxId(sql),
  'outbox.insert': (sql) =>
    stores.outbox.insert(sql, [
      {
        id: 9e8,
        lane,
        key: 'new',
        payload: '{}',
        state: 'pending',
        attempts: 0,
        createdAtMs: now,
        detail: null,
        error: null,
      },
    ]),
  'outbox.open': (sql) => stores.outbox.open(sql, lane, 0, 50),
  'outbox.markSending': (sql) => stores.outbox.markSending(sql, [1, 2], new Map([[2, '{}']])),
  'outbox.markPending': (sql) => stores.outbox.markPending(sql, [1, 2]),
  'outbox.park': (sql) => stores.outbox.park(sql, 1, 'error'),
  'outbox.finish': (sql) => stores.outbox.finish(sql, [1, 2, 3, 4, 5]),
  'outbox.maxId': (sql) => stores.outbox.maxId(sql),
  'link.insert': (sql) =>
    stores.link.insert(sql, [
      {
        network,
        messageKey: keyFromMsgid('new'),
        room: '!r',
        eventId: '$new',
        direction: 'to-matrix',
        createdAtMs: now,
        sender: '@a:w',
        nick: null,
        thread: null,
        gone: false,
      },
    ]),
  'link.markGone': (sql) => stores.link.markGone(sql, '!r', '$5'),
  'link.since': (sql) => stores.link.since(sql, network, '!r', now - 1_000),
  'link.byKey': (sql) => stores.link.byKey(sql, network, keyFromMsgid('5')),
  'link.byEvent': (sql) => stores.link.byEvent(sql, '!r', '$5'),
  'link.sentByUs': (sql) => stores.link.sentByUs(sql, network, [keyFromMsgid('5')]),
  'link.provenance': (sql) => stores.link.provenance(sql, '!r', '$5'),
  'link.prune': (sql) => stores.link.prune(sql, 500),
  'cursor.get': (sql) => stores.cursor.get(sql, 'at:5'),
  'cursor.set': (sql) => stores.cursor.set(sql, 'at:5', '1'),
  'cursor.delete': (sql) => stores.cursor.delete(sql, 'at:6'),
  'portal.touch': (sql) => stores.portal.touch(sql, portal, 'to-matrix', now),
  'ghost.get': (sql) => stores.ghost.get(sql, '@g5'),
  'ghost.joined': (sql) => stores.ghost.joined(sql, '!r5'),
  'ghost.join': (sql) => stores.ghost.join(sql, '@g5', '!r5', now),
  'ghost.spoke': (sql) => stores.ghost.spoke(sql, '@g5', '!r5', now),
  'ghost.leave': (sql) => stores.ghost.leave(sql, '@g5', '!r5'),
  'member.get': (sql) => stores.member.get(sql, '!r5', '@m5'),
  'member.inRoom': (sql) => stores.member.inRoom(sql, '!r5'),
  'authority.put': (sql) => stores.authority.put(sql, [{ subject: 'iss 5', json: '{}', revision: 2, asOfMs: now }]),
  'identityLink.put': (sql) =>
    stores.identityLink.put(sql, { handle: 'mxid  @m5:w', subject: 'iss 5', provenAtMs: now, how: 'code' }),
  'scim.put': (sql) => stores.scim.put(sql, [{ key: 'user 5', json: '{}' }]),
  'scim.delete': (sql) => stores.scim.delete(sql, ['user 6', 'user 7']),
};

/** What a table is filled with, for n = 1, 2, 3, …; the same on both engines. */
const FILL: Readonly<Record<string, readonly [rows: number, values: string]>> = {
  inbox: [OLD_ROWS, "n, 'matrix', '$' || n, 'to-matrix:home/#c' || (n % 10000), n, NULL, 'routed', 3, NULL"],
  outbox: [PORTALS, "n, 'to-matrix:home/#c' || n, 'key ' || n, '{}', 'pending', 0, n, NULL, NULL"],
  link: [OLD_ROWS, "'home', 'm:' || n, '!r', '$' || n, 'to-network', n, NULL, '@m' || n, NULL, NULL, 0"],
  cursor: [PORTALS, "'at:' || n, '1'"],
  portal: [PORTALS, "'home/#c' || n, 'home', '#c' || n, '!r' || n, NULL, NULL"],
  ghost: [PORTALS, "'@g' || n, 'home', NULL, 1, 1"],
  ghost_room: [PORTALS, "'!r' || n, '@g' || n, n"],
  member: [PORTALS, "'!r' || n, '@m' || n, 'join', NULL"],
  authority_member: [PORTALS, "'iss ' || n, 'iss ' || n, '{}', 1, n"],
  identity_link: [PORTALS, "'mxid  @m' || n || ':w', 'mxid  @m' || n || ':w', 'iss ' || n, n, 'code'"],
  scim_resource: [PORTALS, "'user ' || n, 'user ' || n, '{}'"],
};

/** Notes each statement with its values, and runs it. */
function listening(sql: Sql, heard: { query: string; values: readonly SqlValue[] }[]): Sql {
  return {
    all(query, ...values) {
      heard.push({ query, values });
      return sql.all(query, ...values);
    },
    run(query, ...values) {
      heard.push({ query, values });
      return sql.run(query, ...values);
    },
  };
}

/** A step of a plan that reads a whole table. A whole partial index is only what waits. */
const READS_ALL = {
  sqlite: /^SCAN (?!\S+ USING (COVERING )?INDEX (inbox_waiting|outbox_open))(?!id_mark|ids|\(|CONSTANT)/,
  postgres: /Seq Scan on (?!id_mark)/,
} as const;

for (const engine of testEngines()) {
  describe(`with ${PORTALS} portals and ${OLD_ROWS} old rows on ${engine.name}`, () => {
    let db: Database;
    before(async () => {
      db = await openForTest(await engine.emptyDatabase());
      for (const [table, [rows, values]] of Object.entries(FILL)) {
        const numbers = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})`;
        const insert = `INSERT INTO ${table} ${numbers} SELECT ${values} FROM numbers`;
        await db.transaction((sql) => sql.run(insert));
        await db.transaction((sql) => sql.run(`ANALYZE ${table}`));
      }
    });
    after(() => db.close());

    for (const [name, ask] of Object.entries(QUERIES)) {
      test(`${name} reads no whole table`, async () => {
        const heard: { query: string; values: readonly SqlValue[] }[] = [];
        await db.transaction((sql) => ask(listening(sql, heard)));
        assert.ok(heard.length > 0);
        for (const { query, values } of heard) {
          const explain = engine.name === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
          const plan = await db.transaction((sql) =>
            sql.all<{ detail?: string; 'QUERY PLAN'?: string }>(`${explain} ${query}`, ...values),
          );
          const steps = plan.map((row) => row.detail ?? row['QUERY PLAN'] ?? '');
          assert.deepEqual(
            steps.filter((step) => READS_ALL[engine.name].test(step)),
            [],
            steps.join('\n'),
          );
        }
      });
    }
  });
}
