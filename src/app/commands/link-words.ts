import { cleanName } from '../../core/identity/display-name.ts';
import type { NetworkStatus } from '../../ports/network-status.ts';
import type { PortalReport } from '../../ports/status.ts';

const STATES: Readonly<Record<PortalReport['state'], string>> = {
  linked: 'is linked',
  waiting: 'is not ready yet; it goes on by itself',
  broken: 'is not linked, and somebody has to see to it',
};

const NETWORK_STATES: Readonly<Record<NetworkStatus['state'], string | undefined>> = {
  up: undefined,
  connecting: 'is being connected to',
  down: 'cannot be reached now; lines are kept and sent in order',
  refused: 'refuses the bridge',
};

/**
 * How one link stands, in a few sentences for the people of its room.
 * @param network as people call it, and how it stands
 */
export function linkWords(
  report: PortalReport,
  network: { readonly name: string; readonly state: NetworkStatus['state'] },
  nowMs: number,
): string {
  const away = NETWORK_STATES[network.state];
  return [
    `${cleanName(report.channel)} on ${network.name} ${STATES[report.state]}.`,
    ...(away === undefined ? [] : [`${network.name} ${away}.`]),
    ...(report.problem === undefined ? [] : [report.problem]),
    lagWords(report),
    waitingWords(report, nowMs),
    `Since the bridge started ${report.refused} were refused by the network and ${report.notLetIn ?? 0} of the channel were not let in.`,
  ].join(' ');
}

function lagWords({ lagToMatrixMs, lagToNetworkMs }: PortalReport): string {
  const ways = [
    ...(lagToMatrixMs === null ? [] : [`${duration(lagToMatrixMs)} to Matrix`]),
    ...(lagToNetworkMs === null ? [] : [`${duration(lagToNetworkMs)} to the channel`]),
  ];
  return ways.length === 0
    ? 'No line has passed since the bridge started.'
    : `The newest line took ${ways.join(' and ')}.`;
}

function waitingWords(report: PortalReport, nowMs: number): string {
  const { queuedToMatrix, queuedToNetwork, oldestToMatrixMs, oldestToNetworkMs, doubtful, parked } = report;
  const oldest = Math.min(oldestToMatrixMs ?? nowMs, oldestToNetworkMs ?? nowMs);
  const waiting =
    queuedToMatrix + queuedToNetwork === 0
      ? 'Nothing waits.'
      : `Waiting: ${queuedToMatrix} to Matrix, ${queuedToNetwork} to the channel, the oldest for ${duration(nowMs - oldest)}.`;
  const inDoubt = doubtful === 0 ? '' : ` Of ${doubtful} it is not known yet whether they arrived.`;
  const setAside = parked === 0 ? '' : ` ${parked} could not be handled and were set aside.`;
  return `${waiting}${inDoubt}${setAside}`;
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 60_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
