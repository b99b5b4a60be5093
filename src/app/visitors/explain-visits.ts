import type { Resource } from '../../core/authority/access.ts';
import { isLive } from '../../core/authority/visit.ts';
import type { AgreementReport } from '../../ports/status.ts';
import type { Visitors } from './visitors.ts';

const STAGES = {
  cut: 'nothing is relayed any more, and its servers are being shut out',
  out: 'its people are being put out',
  told: 'it is carried out',
} as const;

/** One agreement in a line, for admins. */
export function agreementLine({ id, version, peer, state, visitors, ending, why }: AgreementReport): string {
  const people = visitors === 1 ? '1 visitor' : `${visitors} visitors`;
  return `${id}, version ${version}, with ${peer}: ${state}, ${people}.${ending === undefined ? '' : ` ${why} Now ${STAGES[ending]}.`}`;
}

/** What agreements say of a Matrix account, a line each; none where they say nothing. */
export function visitLines(visitors: Visitors, userId: string, resources: Iterable<Resource>, nowMs: number): string[] {
  const all = [...resources];
  return visitors.visits.of(userId).flatMap((visit) => {
    const { agreement, version, subject, untilMs, endedMs } = visit;
    const who = `${userId} is a visitor, ${subject.sub} of ${subject.iss}, by the agreement ${agreement} (version ${version})`;
    if (!isLive(visit, nowMs)) return [`${who.replace(' is ', ' was ')}, until ${moment(endedMs ?? untilMs)}.`];
    const actions = visitors.actionsOf(visit, all).map((grant) => `${grant.resource} (${grant.actions.join(', ')})`);
    return [`${who}, until ${moment(untilMs)}.`, `They can: ${actions.length === 0 ? 'nothing' : actions.join('; ')}.`];
  });
}

const moment = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
