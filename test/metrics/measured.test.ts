import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BridgeError, fail, ok } from '../../src/core/errors.ts';
import { measuredDb } from '../../src/metrics/measured-db.ts';
import { measuredHomeserver } from '../../src/metrics/measured-homeserver.ts';
import { makePrometheus } from '../../src/metrics/prometheus.ts';
import { makeReportGauges } from '../../src/metrics/report-gauges.ts';
import type { Db } from '../../src/ports/db.ts';
import type { Homeserver } from '../../src/ports/matrix.ts';
import type { StatusReport } from '../../src/ports/status.ts';
import { healthyPortal, healthyReport, NOW } from '../http/report.ts';

const page = (text: string, ...names: string[]): string[] =>
  text.split('\n').filter((line) => names.some((name) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)));

test('A report sets the gauges of each network', async () => {
  const { metrics, text } = makePrometheus('1');
  const [home] = healthyReport.networks;
  assert.ok(home !== undefined);
  const report: StatusReport = {
    ...healthyReport,
    database: { engine: 'sqlite', healthy: false },
    networks: [home, { ...home, id: 'far', state: 'down', puppets: { wanted: 7, connected: 0 } }],
    portals: [
      { ...healthyPortal, queuedToMatrix: 2, oldestToMatrixMs: NOW - 3000, doubtful: 1 },
      { ...healthyPortal, queuedToMatrix: 5, oldestToMatrixMs: NOW - 9000, oldestToNetworkMs: null, parked: 4 },
      { ...healthyPortal, network: 'far', state: 'waiting', queuedToNetwork: 6 },
    ],
  };
  await makeReportGauges(metrics, { report: async () => report })();
  assert.deepEqual(
    page(
      await text(),
      'bridge_database_healthy',
      'bridge_network_connected',
      'bridge_queue_depth',
      'bridge_queue_oldest_seconds',
      'bridge_in_doubt',
      'bridge_parked',
      'bridge_portals',
      'bridge_puppets',
    ).sort(),
    [
      'bridge_database_healthy 0',
      'bridge_in_doubt{network="far"} 0',
      'bridge_in_doubt{network="home"} 1',
      'bridge_network_connected{network="far"} 0',
      'bridge_network_connected{network="home"} 1',
      'bridge_parked{network="far"} 0',
      'bridge_parked{network="home"} 4',
      'bridge_portals{network="far",state="broken"} 0',
      'bridge_portals{network="far",state="linked"} 0',
      'bridge_portals{network="far",state="waiting"} 1',
      'bridge_portals{network="home",state="broken"} 0',
      'bridge_portals{network="home",state="linked"} 2',
      'bridge_portals{network="home",state="waiting"} 0',
      'bridge_puppets{network="far",state="connected"} 0',
      'bridge_puppets{network="far",state="wanted"} 7',
      'bridge_puppets{network="home",state="connected"} 2',
      'bridge_puppets{network="home",state="wanted"} 2',
      'bridge_queue_depth{direction="to-matrix",network="far"} 0',
      'bridge_queue_depth{direction="to-matrix",network="home"} 7',
      'bridge_queue_depth{direction="to-network",network="far"} 6',
      'bridge_queue_depth{direction="to-network",network="home"} 0',
      'bridge_queue_oldest_seconds{direction="to-matrix",network="far"} 0',
      'bridge_queue_oldest_seconds{direction="to-matrix",network="home"} 9',
      'bridge_queue_oldest_seconds{direction="to-network",network="far"} 0',
      'bridge_queue_oldest_seconds{direction="to-network",network="home"} 0',
    ],
  );
});

describe('Measuring changes nothing', () => {
  test('of a database, and times its commits, failed ones too', async () => {
    const { metrics, text } = makePrometheus('1');
    let healthy = true;
    const inner: Db = {
      engine: 'sqlite',
      get healthy() {
        return healthy;
      },
      transaction: (work) => work({ all: async () => [], run: async () => 3 }),
      close: async () => {
        healthy = false;
      },
    };
    const db = measuredDb(inner, metrics);
    assert.equal(await db.transaction((sql) => sql.run('x')), 3);
    await assert.rejects(
      db.transaction(() => Promise.reject(new Error('full'))),
      /full/,
    );
    assert.deepEqual([db.engine, db.healthy], ['sqlite', true]);
    await db.close();
    assert.equal(db.healthy, false);
    assert.deepEqual(page(await text(), 'bridge_database_commit_seconds_count'), [
      'bridge_database_commit_seconds_count 2',
    ]);
  });

  test('of a homeserver, and times its calls by outcome', async () => {
    const { metrics, text } = makePrometheus('1');
    const error = (retry: BridgeError['retry']): BridgeError => ({ code: 'x', text: 'x', retry, notify: 'log' });
    const calls: unknown[] = [];
    const method =
      (name: string) =>
      async (...args: unknown[]) => {
        calls.push([name, ...args]);
        return name === 'join' ? fail(error('never')) : name === 'messages' ? fail(error('later')) : ok(name);
      };
    const inner = new Proxy({} as Homeserver, {
      get: (_, name) =>
        name === 'botId'
          ? '@bot:x'
          : name === 'serverName'
            ? 'x'
            : name === 'health'
              ? { reachable: true }
              : method(String(name)),
    });
    const homeserver = measuredHomeserver(inner, metrics);
    assert.deepEqual(await homeserver.send('@a:x', '!r', 'm.x', 't', {}, 5), ok('send'));
    assert.deepEqual(await homeserver.join('@a:x', '!r'), fail(error('never')));
    assert.deepEqual(await homeserver.messages('@a:x', '!r', undefined, 1), fail(error('later')));
    assert.deepEqual(calls, [
      ['send', '@a:x', '!r', 'm.x', 't', {}, 5],
      ['join', '@a:x', '!r'],
      ['messages', '@a:x', '!r', undefined, 1],
    ]);
    assert.deepEqual(
      [homeserver.botId, homeserver.serverName, homeserver.health],
      ['@bot:x', 'x', { reachable: true }],
    );
    const counts = page(await text(), 'matrix_request_seconds_count').filter((line) => !line.endsWith(' 0'));
    assert.deepEqual(counts, [
      'matrix_request_seconds_count{call="send",outcome="ok"} 1',
      'matrix_request_seconds_count{call="join",outcome="refused"} 1',
      'matrix_request_seconds_count{call="messages",outcome="failed"} 1',
    ]);
  });
});
