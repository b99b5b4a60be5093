import type { StatusReport } from '../ports/status.ts';

/** A loop that turned this late is not alive in any useful sense. */
export const MAX_LATE_MS = 5000;

/** Why lines cannot pass now, as sentences; empty when they can. A single broken link does not make the bridge unready. */
export function unreadyReasons(report: StatusReport, stopping: boolean): readonly string[] {
  const reasons: string[] = [];
  const { bridge, homeserver, database, networks, authority } = report;
  if (stopping) reasons.push('Causeway is stopping.');
  reasons.push(...bridge.problems);
  if (!homeserver.reachable) reasons.push(homeserver.problem ?? 'The homeserver does not answer.');
  if (!database.healthy) reasons.push(database.problem ?? 'The database takes no commits.');
  for (const { id, state, problem } of networks)
    if (state !== 'up') reasons.push(`Network ${id} is ${state}${problem === undefined ? '.' : `: ${problem}`}`);
  // Who is known already goes on talking while the authority is away; before its first word nobody is known.
  if (authority !== undefined && authority.asOfMs === null)
    reasons.push(authority.problem ?? `The authority (${authority.source}) has not said yet who is a member.`);
  return reasons;
}
