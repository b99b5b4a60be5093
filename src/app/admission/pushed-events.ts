import type { Directory } from '../../core/authority/directory.ts';
import { subjectKey } from '../../core/authority/member.ts';
import type { Audit, AuditEntry } from '../../ports/audit.ts';
import type { SecurityEvent, SecurityEventSink } from '../../ports/security-events.ts';
import type { InboxSource } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { Ledger } from '../lanes/ledger.ts';
import type { ShutGates } from './shut-gates.ts';

/** A network cannot have this name: of these there are no others in the inbox. */
const SOURCE: InboxSource = 'security event';
/** What was refused is recorded so often at most, each fault: anybody may bring it. */
const REFUSED_EVERY_MS = 60_000;

export type PushedEventsParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  readonly directory: Directory;
  readonly gates: ShutGates;
  readonly audit: Audit;
  /** Has the authority asked now. @param subjects subject keys; none of them: about everybody */
  readonly look: (subjects: readonly string[]) => void;
};

/**
 * Events that somebody pushes whom the authority trusts. The inbox remembers them, so that none has an effect twice; the effect
 * is a look at the authority, and for some that nothing passes before it has answered.
 */
export class PushedEvents implements SecurityEventSink {
  readonly #parts: PushedEventsParts;
  readonly #refusedAtMs = new Map<string, number>();

  constructor(parts: PushedEventsParts) {
    this.#parts = parts;
  }

  async take(event: SecurityEvent): Promise<boolean> {
    const { kit, ledger, directory, gates, look } = this.#parts;
    const subjects = this.#subjectsOf(event);
    // Of a stranger nothing passes as a member's; and a gate for everybody who could be named would have no bound.
    const isMember = (subject: string): boolean => directory.member(subject).kind !== 'absent';
    const shuts = event.effect === 'shut' ? subjects.filter(isMember) : [];
    const shut = { sinceMs: kit.clock.nowMs(), cause: event.kind };
    const isNew = await ledger.write(async ({ sql, nextId }) => {
      const row = { id: nextId(), source: SOURCE, key: event.id, lane: '', receivedAtMs: shut.sinceMs } as const;
      if (!(await kit.stores.inbox.insert(sql, { ...row, payload: null, state: 'routed', seen: 0 }))) return false;
      await gates.store(sql, shuts, shut);
      return true;
    });
    kit.metrics.securityEvents.add({ outcome: isNew ? 'taken' : 'known' });
    // Brought again because a commit lost its answer: what is on disk has to hold here, too.
    if (!isNew && !(await gates.reload(shuts))) return false;
    gates.shut(shuts, shut);
    if (event.effect !== 'none') look(subjects);
    kit.log.info('an event was pushed to us', { kind: event.kind, subjects: subjects.length });
    await this.#record(event, subjects, shuts.length > 0);
    return true;
  }

  refused(fault: string, why: string): void {
    const { kit, audit } = this.#parts;
    kit.metrics.securityEvents.add({ outcome: fault === 'unknown' ? 'unknown' : 'refused' });
    const nowMs = kit.clock.nowMs();
    if (nowMs - (this.#refusedAtMs.get(fault) ?? Number.NEGATIVE_INFINITY) < REFUSED_EVERY_MS) return;
    this.#refusedAtMs.set(fault, nowMs);
    kit.log.warn('an event that was pushed to us counts for nothing', { fault, why });
    void audit.write([{ ...NOTE, phase: 'denied', cause: `event.${fault}`, subject: '', action: 'event', why }]);
  }

  /** After the authority has answered. */
  settle(): void {
    const { gates, directory, audit } = this.#parts;
    const opened = gates.settle(directory);
    if (opened.length === 0) return;
    const entries = opened.map((subject): AuditEntry => {
      const known = directory.member(subject);
      const revision = known.kind === 'unknown' ? null : known.freshness.revision;
      const why = 'The authority was asked: from here on what it says counts.';
      return { ...NOTE, cause: 'authority', subject, action: 'gate.open', why, revision };
    });
    void audit.write(entries);
  }

  async #record(event: SecurityEvent, subjects: readonly string[], shuts: boolean): Promise<void> {
    const why = shuts
      ? `${event.kind}: nothing of theirs is passed on before the authority was asked.`
      : `${event.kind}: the authority is asked.`;
    const action = shuts ? 'gate.shut' : 'event';
    const whom = subjects.length === 0 ? [''] : subjects;
    await this.#parts.audit.write(
      whom.map((subject): AuditEntry => ({ ...NOTE, cause: `event ${event.id}`, subject, action, why })),
    );
  }

  /** Subject keys, each once. */
  #subjectsOf({ subjects, handles }: SecurityEvent): string[] {
    const held = handles.map((handle) => this.#parts.directory.resolve(handle));
    const owners = held.flatMap((found) => (found.kind === 'found' ? [found.value] : []));
    return [...new Set([...subjects, ...owners].map(subjectKey))];
  }
}

const NOTE = { phase: 'note', actor: 'push', resource: 'authority', revision: null } as const;
