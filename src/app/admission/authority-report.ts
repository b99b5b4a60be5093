import type { Directory } from '../../core/authority/directory.ts';
import type { At } from '../../core/authority/standing.ts';
import type { AgreementReport, AuthorityReport } from '../../ports/status.ts';
import type { HeldPlan } from './holds.ts';

export type AuthorityReportParts = {
  readonly source: string;
  readonly mode: 'observe' | 'enforce';
  readonly at: At;
  readonly directory: Directory;
  readonly problem: string | undefined;
  readonly held: readonly HeldPlan[];
  readonly driftCorrected: number;
  readonly auditProblem: string | undefined;
  readonly agreements: readonly AgreementReport[];
};

/** How the authority stands, for `causeway status`. */
export function authorityReport(parts: AuthorityReportParts): AuthorityReport {
  const { source, mode, directory, problem, held, driftCorrected, auditProblem, agreements } = parts;
  return {
    source,
    mode,
    state: stateOf(parts),
    asOfMs: directory.asOfMs ?? null,
    ...(problem === undefined ? {} : { problem }),
    members: directory.isComplete ? [...directory.members()].length : null,
    heldPlans: held.map(({ hash, resource, why, removes }) => ({ hash, resource, why, removes: removes.length })),
    driftCorrected,
    ...(auditProblem === undefined ? {} : { auditProblem }),
    ...(agreements.length === 0 ? {} : { agreements }),
  };
}

function stateOf({ directory, at }: AuthorityReportParts): AuthorityReport['state'] {
  if (directory.asOfMs === undefined) return 'unknown';
  if (at.ageMs > at.hardMs) return 'stale';
  return at.ageMs > at.softMs ? 'aging' : 'fresh';
}
