import type { AuthorityReport, PortalReport, StatusReport } from '../../src/ports/status.ts';

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

export const healthyPortal: PortalReport = {
  network: 'home',
  channel: '#commons',
  room: '!r1:willow.example',
  alias: '#commons:willow.example',
  state: 'linked',
  members: { matrix: 2, network: 5 },
  lastToMatrixMs: NOW - 4000,
  lastToNetworkMs: NOW - 125_000,
  lagToMatrixMs: 21,
  lagToNetworkMs: 8,
  queuedToMatrix: 0,
  queuedToNetwork: 0,
  doubtful: 0,
  parked: 0,
  refused: 0,
};

/** An authority with which all is well. */
export const healthyAuthority: AuthorityReport = {
  source: 'file ./members.yaml',
  mode: 'enforce',
  state: 'fresh',
  asOfMs: NOW - 3000,
  members: 12,
  heldPlans: [],
  driftCorrected: 0,
};

/** A bridge with which all is well. */
export const healthyReport: StatusReport = {
  bridge: { version: '0.1.0', pid: 42, startedAtMs: NOW - 3_600_000, uptimeMs: 3_600_000, nowMs: NOW, problems: [] },
  homeserver: {
    reachable: true,
    url: 'http://127.0.0.1:8008',
    software: 'Dendrite 0.15.2',
    lastTransactionAtMs: NOW - 5000,
    syncAgeMs: 12_000,
  },
  database: { engine: 'sqlite', healthy: true },
  networks: [
    {
      id: 'home',
      state: 'up',
      sinceMs: NOW - 3_590_000,
      software: 'ergo-2.15.0',
      puppets: { connected: 2, wanted: 2 },
      reconnects: 0,
    },
  ],
  portals: [healthyPortal],
};
