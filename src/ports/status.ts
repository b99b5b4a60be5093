/**
 * How everything stands, as plain data: what `/status` answers, `causeway status` prints and the room command says.
 * Times are milliseconds since 1970 by the bridge's clock; `…AgeMs`, `lag…` and `uptimeMs` are durations.
 * `problem` is a sentence for an admin: what is wrong and what to do. Nothing here is secret, but channel names may be
 * private: keep it behind the loopback address or the proxy's password.
 */
export type StatusReport = {
  readonly bridge: {
    readonly version: string;
    readonly pid: number;
    readonly startedAtMs: number;
    readonly uptimeMs: number;
    /** By whose clock the times of this report are. */
    readonly nowMs: number;
    /** What is wrong with the bridge as a whole. */
    readonly problems: readonly string[];
    /** What an admin should know although nothing is wrong, such as that an authority of `none` lets everybody in. */
    readonly notes?: readonly string[];
  };
  readonly homeserver: HomeserverReport;
  readonly database: { readonly engine: 'sqlite' | 'postgres'; readonly healthy: boolean; readonly problem?: string };
  readonly networks: readonly NetworkReport[];
  readonly portals: readonly PortalReport[];
  /** Absent where everybody is let in (`authority.source: none`). */
  readonly authority?: AuthorityReport;
};

export type HomeserverReport = {
  readonly reachable: boolean;
  readonly url?: string;
  readonly software?: string;
  readonly problem?: string;
  /** null: none since the start. */
  readonly lastTransactionAtMs: number | null;
  /** Since the companion sync was last answered; null: never yet. It answers every half minute even when nothing happens. */
  readonly syncAgeMs: number | null;
};

export type NetworkReport = {
  readonly id: string;
  readonly state: 'connecting' | 'up' | 'down' | 'refused';
  /** Since when it is in that state. */
  readonly sinceMs: number;
  readonly problem?: string;
  readonly software?: string;
  readonly puppets: { readonly connected: number; readonly wanted: number };
  /** Since the start, of the listener. */
  readonly reconnects: number;
};

export type PortalReport = {
  readonly network: string;
  readonly channel: string;
  /** The room id once there is one, else what the configuration says. */
  readonly room: string;
  readonly alias?: string;
  /** `waiting`: not all of room, channel and history are there yet, and it goes on by itself. `broken`: somebody has to act. */
  readonly state: 'linked' | 'waiting' | 'broken';
  readonly problem?: string;
  /** People (not our own ghosts and puppets) in the room, and in the channel. */
  readonly members: { readonly matrix: number; readonly network: number };
  /** When the last line was confirmed by the other side; null: none known. */
  readonly lastToMatrixMs: number | null;
  readonly lastToNetworkMs: number | null;
  /** How long that line took from its arrival; null: none since the start. */
  readonly lagToMatrixMs: number | null;
  readonly lagToNetworkMs: number | null;
  /** Stored and not yet confirmed. */
  readonly queuedToMatrix: number;
  readonly queuedToNetwork: number;
  /** When the oldest of them arrived; null: there is none. */
  readonly oldestToMatrixMs?: number | null;
  readonly oldestToNetworkMs?: number | null;
  /** Of these, lines of which nobody knows yet whether they arrived. */
  readonly doubtful: number;
  /** Events whose handling failed. */
  readonly parked: number;
  /** Lines that the other side refused, since the start. */
  readonly refused: number;
  /** Lines of the channel that were not let in, by admission or by assurance, since the start; absent before it was counted. */
  readonly notLetIn?: number;
};

export type AuthorityReport = {
  /** What is asked, without secrets: `file ./members.yaml`. */
  readonly source: string;
  /** `observe`: nothing is done, only said. */
  readonly mode?: 'observe' | 'enforce';
  /**
   * `fresh`: everything follows. `aging`: nobody new is let in. `stale`: each channel's policy decides whether its people
   * go on. `unknown`: it has never answered, or what it said was not understood.
   */
  readonly state: 'fresh' | 'aging' | 'stale' | 'unknown';
  /** Of its newest word; null: none yet. */
  readonly asOfMs: number | null;
  readonly problem?: string;
  /** People it knows; null: never told. */
  readonly members: number | null;
  readonly heldPlans: readonly HeldPlanReport[];
  /** Changes against the authority that were put right, since the start. */
  readonly driftCorrected: number;
  /** While the audit log cannot be written: nobody is let in then. */
  readonly auditProblem?: string;
  /** With other shards, whatever their state; absent where there are none. */
  readonly agreements?: readonly AgreementReport[];
};

export type AgreementReport = {
  readonly id: string;
  readonly version: number;
  /** The other shard's homeserver. */
  readonly peer: string;
  /** `active` where it lets people in now; `gone` where the authority names it no more. */
  readonly state: string;
  /** Who is here by it now. */
  readonly visitors: number;
  /** It ended: relaying is cut, people are being put out, or that was done and said. */
  readonly ending?: 'cut' | 'out' | 'told';
  readonly why?: string;
};

/** A plan that waits for `causeway confirm HASH`. */
export type HeldPlanReport = {
  readonly hash: string;
  readonly resource: string;
  /** How many people it would remove. */
  readonly removes: number;
  readonly why: string;
};

export interface StatusSource {
  /** Never rejects: what cannot be found out is said as a problem. */
  report(): Promise<StatusReport>;
}

/** Whatever in a report needs an admin or keeps lines from passing, as sentences; empty when all is well. */
export function reportProblems(report: StatusReport): readonly string[] {
  const problems = [...report.bridge.problems];
  const { homeserver, database } = report;
  if (!homeserver.reachable || homeserver.problem !== undefined)
    problems.push(homeserver.problem ?? 'The homeserver does not answer; lines wait in the database until it does.');
  if (!database.healthy || database.problem !== undefined)
    problems.push(database.problem ?? 'The database takes no commits; nothing is taken in until it does.');
  for (const network of report.networks)
    if (network.state !== 'up' || network.problem !== undefined)
      problems.push(`Network ${network.id}: ${network.problem ?? NETWORK_STATES[network.state]}`);
  for (const portal of report.portals)
    if (portal.state !== 'linked' || portal.problem !== undefined)
      problems.push(`${portal.channel} on ${portal.network}: ${portal.problem ?? PORTAL_STATES[portal.state]}`);
  if (report.authority !== undefined) problems.push(...authorityProblems(report.authority));
  return problems;
}

function authorityProblems({ source, state, problem, heldPlans, auditProblem }: AuthorityReport): string[] {
  const stands = AUTHORITY_STATES[state];
  return [
    ...(stands === undefined && problem === undefined
      ? []
      : [`Authority (${source}): ${[problem, stands].filter((text) => text !== undefined).join(' ')}`]),
    ...heldPlans.map(
      ({ hash, resource, removes, why }) =>
        `Held: a plan for ${resource} that removes ${removes} people: ${why} \`causeway confirm ${hash}\` lets it go on.`,
    ),
    ...(auditProblem === undefined ? [] : [`Nobody is let in: ${auditProblem}`]),
  ];
}

/** What each state means for people; undefined where nothing is wrong. */
const AUTHORITY_STATES: Readonly<Record<AuthorityReport['state'], string | undefined>> = {
  fresh: undefined,
  aging: 'It has not answered lately; nobody new is let in, and nobody is removed.',
  stale:
    'It has not answered for long: nobody is let in or removed, and each channel’s `staleness` decides who goes on talking.',
  unknown: 'It is not known who is a member: nobody is let in, and nobody is removed.',
};

const NETWORK_STATES = {
  up: 'connected.',
  connecting: 'connecting.',
  down: 'not connected; Causeway keeps trying.',
  refused: 'the server refuses the connection.',
} as const;

const PORTAL_STATES = {
  linked: 'linked.',
  waiting: 'not ready yet; it goes on by itself.',
  broken: 'not linked.',
} as const;
