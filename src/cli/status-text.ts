import {
  type AgreementReport,
  type AuthorityReport,
  type NetworkReport,
  type PortalReport,
  reportProblems,
  type StatusReport,
} from '../ports/status.ts';
import { ago, columnsOf, duration, fit, padEnd, padStart, printable, wrap } from './terminal-text.ts';

export type StatusTextOptions = {
  /** Of the terminal; 80 at least. */
  readonly columns: number;
  readonly colours: boolean;
  /** Links beyond so many are only counted, unless something is wrong with them. */
  readonly maxPortals: number;
};

/** A report for people: problems first, then the parts, then one row per link. Ends with a line break. */
export function statusText(report: StatusReport, options: StatusTextOptions): string {
  const paint = (code: number, text: string): string => (options.colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const columns = Math.max(80, options.columns);
  const problems = reportProblems(report).map(printable);
  const { bridge } = report;
  const verdict =
    problems.length === 0
      ? paint(32, 'All is well.')
      : [paint(31, problems.length === 1 ? 'One problem:' : `${problems.length} problems:`)]
          .concat(problems.map((problem) => wrap(`  • ${problem}`, columns, '    ')))
          .join('\n');
  const notes = (bridge.notes ?? []).map((note) => wrap(`Note: ${printable(note)}`, columns, '  '));
  return [
    `Causeway ${printable(bridge.version)}, up ${duration(bridge.uptimeMs)}, process ${bridge.pid}. ${new Date(bridge.nowMs).toISOString()}`,
    verdict,
    ...notes,
    '',
    ...partLines(report).map((line) => wrap(line, columns, '            ')),
    '',
    portalLines(report, columns, options.maxPortals),
    '',
  ].join('\n');
}

function partLines({ homeserver, database, networks, bridge, authority }: StatusReport): string[] {
  const server = [homeserver.software, homeserver.url].filter((text) => text !== undefined).join(' at ');
  return [
    `Homeserver  ${[
      homeserver.reachable ? 'reachable' : 'NOT REACHABLE',
      ...(server === '' ? [] : [printable(server)]),
      `last transaction ${agoWords(homeserver.lastTransactionAtMs, bridge.nowMs)}`,
      homeserver.syncAgeMs === null ? 'sync not answered yet' : `sync answered ${duration(homeserver.syncAgeMs)} ago`,
    ].join(', ')}`,
    `Database    ${database.engine}, ${database.healthy ? 'healthy' : 'NOT HEALTHY'}`,
    ...(authority === undefined ? [] : [authorityLine(authority, bridge.nowMs)]),
    ...(authority?.agreements ?? []).map(agreementLine),
    ...networks.map((network) => networkLine(network, bridge.nowMs)),
  ];
}

const FRESHNESS_WORDS = { fresh: 'fresh', aging: 'AGING', stale: 'STALE', unknown: 'UNKNOWN' } as const;

function authorityLine(authority: AuthorityReport, nowMs: number): string {
  const { source, mode, state, asOfMs, members, heldPlans, driftCorrected, auditProblem } = authority;
  const plans = heldPlans.length;
  return `Authority   ${[
    `${printable(source)} ${FRESHNESS_WORDS[state]}`,
    `last word ${agoWords(asOfMs, nowMs)}`,
    members === null ? 'people not known yet' : `${members} people`,
    ...(mode === 'observe' ? ['ONLY OBSERVED: nothing is done'] : []),
    ...(plans === 0 ? [] : [plans === 1 ? 'ONE PLAN HELD' : `${plans} PLANS HELD`]),
    `${driftCorrected} changes put right`,
    ...(auditProblem === undefined ? [] : ['AUDIT LOG NOT WRITTEN']),
  ].join(', ')}`;
}

function agreementLine({ id, peer, state, visitors, ending }: AgreementReport): string {
  return `Agreement   ${[
    `${printable(id)} with ${printable(peer)} ${state === 'active' ? 'active' : printable(state).toUpperCase()}`,
    visitors === 1 ? '1 visitor' : `${visitors} visitors`,
    ...(ending === 'cut' ? ['SERVERS BEING SHUT OUT'] : ending === 'out' ? ['PEOPLE BEING PUT OUT'] : []),
  ].join(', ')}`;
}

const STATE_WORDS = { up: 'up', connecting: 'CONNECTING', down: 'DOWN', refused: 'REFUSED' } as const;

function networkLine(network: NetworkReport, nowMs: number): string {
  const { connected, wanted } = network.puppets;
  return `Network     ${[
    `${printable(network.id)} ${STATE_WORDS[network.state]} for ${duration(nowMs - network.sinceMs)}`,
    ...(network.software === undefined ? [] : [printable(network.software)]),
    `${connected} of ${wanted} puppets connected`,
    `${network.reconnects} reconnects`,
  ].join(', ')}`;
}

const agoWords = (atMs: number | null, nowMs: number): string => {
  const text = ago(atMs, nowMs);
  return text === 'never' ? 'none yet' : text === 'now' ? 'just now' : `${text} ago`;
};

function portalLines({ portals, bridge }: StatusReport, columns: number, max: number): string {
  if (portals.length === 0) return 'No links: the configuration names no channels.';
  const server = commonServer(portals);
  const worst = [...portals].sort((a, b) => Number(isWrong(b)) - Number(isWrong(a)));
  const wrong = worst.filter(isWrong).length;
  const shown = worst.slice(0, Math.max(max, wrong));
  const rows = shown.map((portal) => cellsOf(portal, server, bridge.nowMs));
  const body = asTable(rows, columns) ?? shown.map((portal) => asParagraph(portal, server, bridge.nowMs)).join('\n');
  const rest = portals.length - shown.length;
  const footer = [
    ...(server === undefined ? [] : [`Rooms without a server name are on ${printable(server)}.`]),
    ...notLetIn(portals),
    ...(rest === 0 ? [] : [`And ${rest} more links without problems; --all shows them.`]),
  ];
  return [body, ...footer].join('\n');
}

/** What a policy keeps out is no problem, and yet somebody may wonder where a line is. */
function notLetIn(portals: readonly PortalReport[]): string[] {
  const some = portals.filter((portal) => (portal.notLetIn ?? 0) > 0);
  if (some.length === 0) return [];
  const most = some.sort((a, b) => (b.notLetIn ?? 0) - (a.notLetIn ?? 0)).slice(0, 5);
  const each = most.map(({ channel, notLetIn: count }) => `${count} in ${printable(channel)}`);
  return [
    `Lines not let in since the start, by admission or assurance: ${each.join(', ')}${some.length > 5 ? ', …' : ''}.`,
  ];
}

const isWrong = (portal: PortalReport): boolean =>
  portal.state !== 'linked' || portal.problem !== undefined || portal.doubtful > 0 || portal.parked > 0;

/** The server that most aliases are on. */
function commonServer(portals: readonly PortalReport[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { alias } of portals) {
    const server = /:(.+)$/.exec(alias ?? '')?.[1];
    if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

const roomName = ({ alias, room }: PortalReport, server: string | undefined): string =>
  printable(
    alias === undefined ? room : alias.endsWith(`:${server}`) ? alias.slice(0, -1 - (server ?? '').length) : alias,
  );

type Column = { readonly group: string; readonly title: string; readonly least: number; readonly right: boolean };

/** The two that may be cut come first. */
const COLUMNS: readonly Column[] = [
  { group: '', title: 'channel', least: 10, right: false },
  { group: '', title: 'room', least: 12, right: false },
  { group: 'people', title: 'M+N', least: 3, right: true },
  { group: 'last line to', title: 'Matrix', least: 6, right: true },
  { group: '', title: 'network', least: 6, right: true },
  { group: 'lag to', title: 'Matrix', least: 6, right: true },
  { group: '', title: 'network', least: 6, right: true },
  { group: 'queued to', title: 'Matrix', least: 6, right: true },
  { group: '', title: 'network', least: 6, right: true },
  { group: '', title: 'doubtful', least: 8, right: true },
  { group: '', title: 'parked', least: 6, right: true },
  { group: '', title: 'refused', least: 7, right: true },
];
const FLEXIBLE = 2;
const GAP = '  ';

function cellsOf(portal: PortalReport, server: string | undefined, nowMs: number): string[] {
  const lag = (ms: number | null): string => (ms === null ? '-' : duration(ms));
  return [
    `${portal.state === 'linked' ? '' : portal.state === 'broken' ? '✗ ' : '… '}${printable(portal.channel)} ${printable(portal.network)}`,
    roomName(portal, server),
    `${portal.members.matrix}+${portal.members.network}`,
    ago(portal.lastToMatrixMs, nowMs),
    ago(portal.lastToNetworkMs, nowMs),
    lag(portal.lagToMatrixMs),
    lag(portal.lagToNetworkMs),
    ...[portal.queuedToMatrix, portal.queuedToNetwork, portal.doubtful, portal.parked, portal.refused].map(String),
  ];
}

/** undefined where the terminal is too narrow for names that can still be told apart. */
function asTable(rows: readonly (readonly string[])[], columns: number): string | undefined {
  const natural = COLUMNS.map(({ title, least }, i) =>
    Math.max(columnsOf(title), least, ...rows.map((row) => columnsOf(row[i] ?? ''))),
  );
  const fixed = natural.slice(FLEXIBLE).reduce((sum, width) => sum + width, 0) + GAP.length * (COLUMNS.length - 1);
  const [channel = 0, room = 0] = natural;
  const free = columns - fixed;
  if (free < 28 && free < channel + room) return undefined;
  const channelWidth = Math.min(channel, Math.max(Math.floor(free / 2), free - room));
  const widths = [channelWidth, Math.min(room, free - channelWidth), ...natural.slice(FLEXIBLE)];
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return COLUMNS[i]?.right === true ? padStart(fit(cell, width), width) : padEnd(fit(cell, width), width);
      })
      .join(GAP)
      .trimEnd();
  return [groupLine(widths), line(COLUMNS.map(({ title }) => title)), ...rows.map(line)].join('\n');
}

/** Titles over two columns each, ending where the second ends. */
function groupLine(widths: readonly number[]): string {
  let out = '';
  let end = 0;
  for (const [i, { group }] of COLUMNS.entries()) {
    end += (widths[i] ?? 0) + (i === 0 ? 0 : GAP.length);
    if (group === '') continue;
    const span = group === 'people' ? end : end + GAP.length + (widths[i + 1] ?? 0);
    out += padStart(group, span - columnsOf(out));
  }
  return out;
}

function asParagraph(portal: PortalReport, server: string | undefined, nowMs: number): string {
  const way = (name: string, last: number | null, lagMs: number | null, queued: number): string =>
    `  to ${name}: last line ${agoWords(last, nowMs)}${lagMs === null ? '' : `, lag ${duration(lagMs)}`}, ${queued} queued`;
  const network = printable(portal.network);
  return [
    `${printable(portal.channel)} on ${network} ↔ ${roomName(portal, server)}: ${portal.state}, people ${portal.members.matrix} + ${portal.members.network}`,
    way('Matrix', portal.lastToMatrixMs, portal.lagToMatrixMs, portal.queuedToMatrix),
    way(network, portal.lastToNetworkMs, portal.lagToNetworkMs, portal.queuedToNetwork),
    `  ${portal.doubtful} doubtful, ${portal.parked} parked, ${portal.refused} refused`,
  ].join('\n');
}
