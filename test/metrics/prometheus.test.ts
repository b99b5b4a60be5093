import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { asNetworkId } from '../../src/core/ids.ts';
import { watchLoop } from '../../src/metrics/loop-delay.ts';
import { metricsPage } from '../../src/metrics/metrics-page.ts';
import { makePrometheus } from '../../src/metrics/prometheus.ts';
import { type LabelKind, METRICS, type MetricSpec } from '../../src/ports/metrics.ts';

const root = join(import.meta.dirname, '..', '..');
const home = asNetworkId('home');

/** The samples of one metric, as Prometheus reads them. */
const samples = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('What is counted', () => {
  test('is named as Prometheus wants it, once, with bounded labels', () => {
    const names = Object.values<MetricSpec>(METRICS).map((spec) => spec.name);
    assert.deepEqual([...new Set(names)], names);
    for (const spec of Object.values<MetricSpec>(METRICS)) {
      assert.match(spec.name, /^(authority|bridge|matrix)_[a-z_]+$/);
      assert.equal(spec.name.endsWith('_total'), spec.type === 'counter', spec.name);
      assert.equal(spec.type === 'histogram', spec.buckets !== undefined, spec.name);
      for (const label of Object.keys(spec.labels)) assert.doesNotMatch(label, /nick|user|room|channel|^le$/);
    }
  });

  test('is on the page', async () => {
    const { metrics, text } = makePrometheus('1.2.3');
    metrics.messages.add({ direction: 'to-matrix', network: home, outcome: 'delivered' });
    metrics.messages.add({ direction: 'to-matrix', network: home, outcome: 'delivered' }, 2);
    metrics.queueDepth.set({ direction: 'to-network', network: home }, 7);
    metrics.queueDepth.set({ direction: 'to-network', network: home }, 4);
    metrics.transactionEvents.add();
    metrics.transactionEvents.add(9);
    metrics.databaseHealthy.set(1);
    metrics.deliverySeconds.observe({ direction: 'to-matrix', network: home }, 0.03);
    const page = await text();
    assert.deepEqual(samples(page, 'bridge_messages_total'), [
      'bridge_messages_total{direction="to-matrix",network="home",outcome="delivered"} 3',
    ]);
    assert.deepEqual(samples(page, 'bridge_queue_depth'), [
      'bridge_queue_depth{direction="to-network",network="home"} 4',
    ]);
    assert.deepEqual(samples(page, 'bridge_transaction_events_total'), ['bridge_transaction_events_total 10']);
    assert.deepEqual(samples(page, 'bridge_database_healthy'), ['bridge_database_healthy 1']);
    assert.deepEqual(samples(page, 'bridge_delivery_seconds_bucket').slice(2, 4), [
      'bridge_delivery_seconds_bucket{le="0.025",direction="to-matrix",network="home"} 0',
      'bridge_delivery_seconds_bucket{le="0.05",direction="to-matrix",network="home"} 1',
    ]);
    assert.deepEqual(samples(page, 'bridge_info'), [`bridge_info{version="1.2.3",node="${process.version}"} 1`]);
    assert.equal(samples(page, 'nodejs_eventloop_lag_p99_seconds').length, 1);
    assert.equal(samples(page, 'process_cpu_seconds_total').length, 1);
  });

  test('stands at zero for every announced network before anything happens', async () => {
    const { announce, text } = makePrometheus('1');
    announce([home, asNetworkId('other')]);
    const page = await text();
    assert.deepEqual(samples(page, 'bridge_retries_total'), [
      'bridge_retries_total{network="home"} 0',
      'bridge_retries_total{network="other"} 0',
    ]);
    assert.equal(samples(page, 'bridge_delivery_seconds_count').length, 4);
    assert.deepEqual(samples(page, 'bridge_refusals_total'), []);
  });

  test('stays bounded under ten thousand codes and odd values', async () => {
    const { metrics, text } = makePrometheus('1');
    for (let i = 0; i < 10_000; i++)
      metrics.refusals.add({ direction: 'to-network', network: home, cause: `code-${i}` });
    metrics.refusals.add({ direction: 'to-network', network: home, cause: 'nick with "quotes"\n' });
    metrics.transactionEvents.add(-1);
    metrics.transactionEvents.add(Number.POSITIVE_INFINITY);
    metrics.commitSeconds.observe(-5);
    metrics.commitSeconds.observe(Number.NaN);
    const page = await text();
    const refusals = samples(page, 'bridge_refusals_total');
    assert.equal(refusals.length, 201);
    assert.equal(refusals[200], 'bridge_refusals_total{direction="to-network",network="home",cause="other"} 9801');
    assert.deepEqual(samples(page, 'bridge_transaction_events_total'), ['bridge_transaction_events_total 1']);
    assert.deepEqual(samples(page, 'bridge_database_commit_seconds_sum'), ['bridge_database_commit_seconds_sum 0']);
  });

  test('is refreshed before each scrape, and a refresher that fails spoils nothing', async () => {
    const prometheus = makePrometheus('1');
    let scrapes = 0;
    prometheus.beforeScrape(() => Promise.reject(new Error('away')));
    prometheus.beforeScrape(() => {
      throw new Error('a bug');
    });
    prometheus.beforeScrape(() => prometheus.metrics.connected.set({ network: home }, ++scrapes));
    await prometheus.text();
    assert.deepEqual(samples(await prometheus.text(), 'bridge_network_connected'), [
      'bridge_network_connected{network="home"} 2',
    ]);
  });
});

test('every metric of the table is counted somewhere, with each value of its labels', () => {
  const sources = globSync('src/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith(join('ports', 'metrics.ts')))
    .map((path) => readFileSync(join(root, path), 'utf8'));
  const uncounted = Object.entries(METRICS).flatMap(([name, { labels }]) => {
    const counting = sources.filter((text) => text.includes(`etrics.${name}.`));
    const values = Object.values<LabelKind>(labels).flatMap((kind) => (typeof kind === 'string' ? [] : kind));
    const unused = values.filter((value) => !counting.some((text) => text.includes(`'${value}'`)));
    return [...(counting.length === 0 ? [name] : []), ...unused.map((value) => `${name} ${value}`)];
  });
  assert.deepEqual(uncounted, []);
});

test('docs/metrics.md says what the table says', async () => {
  const page = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  assert.equal(page, metricsPage(), 'run: node src/metrics/metrics-page.ts > docs/metrics.md');
});

test('A blocked loop is seen', async () => {
  const { metrics, text } = makePrometheus('1');
  const watch = watchLoop(metrics);
  const until = performance.now() + 300;
  while (performance.now() < until);
  assert.ok(watch.lateMs() >= 150, `late by ${watch.lateMs()} ms`);
  const deadline = performance.now() + 5000;
  const counted = async (): Promise<boolean> =>
    !samples(await text(), 'bridge_loop_delay_seconds_count').includes('bridge_loop_delay_seconds_count 0');
  while (!(await counted())) {
    assert.ok(performance.now() < deadline, 'nothing was counted');
    await new Promise((resolve) => setImmediate(resolve));
  }
  watch.stop();
  const [sum] = samples(await text(), 'bridge_loop_delay_seconds_sum');
  assert.ok(Number(sum?.split(' ')[1]) >= 0.15, sum);
});
