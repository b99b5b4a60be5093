import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePrometheus } from '../../src/metrics/prometheus.ts';
import { makeReportGauges } from '../../src/metrics/report-gauges.ts';
import type { AuthorityReport } from '../../src/ports/status.ts';
import { healthyAuthority, healthyReport } from '../http/report.ts';

/** The gauges of the authority, as Prometheus reads them. */
async function gauges(different: Partial<AuthorityReport>): Promise<string[]> {
  const { metrics, text } = makePrometheus('1');
  const report = { ...healthyReport, authority: { ...healthyAuthority, ...different } };
  await makeReportGauges(metrics, { report: async () => report })();
  return (await text())
    .split('\n')
    .filter((line) => /^(authority_age_seconds|bridge_held_plans|bridge_audit_healthy) /.test(line));
}

test('The authority has its age, its held plans and its audit log in numbers', async () => {
  const plan = { hash: 'a', resource: 'space:willow', removes: 9, why: 'too many' };
  assert.deepEqual(
    [await gauges({}), await gauges({ asOfMs: null, heldPlans: [plan, plan], auditProblem: 'The disk is full.' })],
    [
      ['authority_age_seconds 3', 'bridge_held_plans 0', 'bridge_audit_healthy 1'],
      // Waited for since the start.
      ['authority_age_seconds 3600', 'bridge_held_plans 2', 'bridge_audit_healthy 0'],
    ],
  );
});

test('Reconnections, which a report tells since the start, are counted once each', async () => {
  const { metrics, text } = makePrometheus('1');
  const [home] = healthyReport.networks;
  assert.ok(home !== undefined);
  let reconnects = 2;
  const report = async () => ({ ...healthyReport, networks: [{ ...home, reconnects }] });
  const scrape = makeReportGauges(metrics, { report });
  await scrape();
  await scrape();
  reconnects = 5;
  await scrape();
  assert.match(await text(), /^bridge_reconnects_total\{network="home"\} 5$/m);
});
