import type { NetworkId } from '../core/ids.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PortalReport, StatusReport, StatusSource } from '../ports/status.ts';

/** Before each scrape: takes from the report what it sums up. */
export function makeReportGauges(metrics: Metrics, status: StatusSource): () => Promise<void> {
  const reconnects = new Map<string, number>();
  return async () => {
    const report = await status.report();
    setGauges(metrics, report);
    for (const network of report.networks) {
      const more = network.reconnects - (reconnects.get(network.id) ?? 0);
      if (more > 0) metrics.reconnects.add({ network: network.id as NetworkId }, more);
      reconnects.set(network.id, network.reconnects);
    }
  };
}

function setGauges(metrics: Metrics, report: StatusReport): void {
  metrics.databaseHealthy.set(report.database.healthy ? 1 : 0);
  const { authority } = report;
  if (authority !== undefined) {
    const { asOfMs, heldPlans, auditProblem } = authority;
    metrics.authorityAge.set(Math.max(0, report.bridge.nowMs - (asOfMs ?? report.bridge.startedAtMs)) / 1000);
    metrics.heldPlans.set(heldPlans.length);
    metrics.auditHealthy.set(auditProblem === undefined ? 1 : 0);
  }
  const byNetwork = Map.groupBy(report.portals, ({ network }) => network);
  for (const { id, state, puppets } of report.networks) {
    const network = id as NetworkId;
    const portals = byNetwork.get(id) ?? [];
    metrics.connected.set({ network }, state === 'up' ? 1 : 0);
    metrics.puppets.set({ network, state: 'wanted' }, puppets.wanted);
    metrics.puppets.set({ network, state: 'connected' }, puppets.connected);
    for (const portalState of ['linked', 'waiting', 'broken'] as const)
      metrics.portals.set(
        { network, state: portalState },
        count(portals, (portal) => Number(portal.state === portalState)),
      );
    metrics.inDoubt.set(
      { network },
      count(portals, (portal) => portal.doubtful),
    );
    metrics.parked.set(
      { network },
      count(portals, (portal) => portal.parked),
    );
    for (const { direction, queued, oldest } of WAYS) {
      metrics.queueDepth.set({ direction, network }, count(portals, queued));
      const since = Math.min(...portals.map((portal) => oldest(portal) ?? report.bridge.nowMs), report.bridge.nowMs);
      metrics.queueOldestSeconds.set({ direction, network }, (report.bridge.nowMs - since) / 1000);
    }
  }
}

const WAYS = [
  {
    direction: 'to-matrix',
    queued: (portal: PortalReport) => portal.queuedToMatrix,
    oldest: (portal: PortalReport) => portal.oldestToMatrixMs,
  },
  {
    direction: 'to-network',
    queued: (portal: PortalReport) => portal.queuedToNetwork,
    oldest: (portal: PortalReport) => portal.oldestToNetworkMs,
  },
] as const;

const count = (portals: readonly PortalReport[], of: (portal: PortalReport) => number): number =>
  portals.reduce((sum, portal) => sum + of(portal), 0);
