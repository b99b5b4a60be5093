import type { Agreement, Assertion, AssertionRefusal } from '../core/authority/agreement.ts';
import type { Action, AuthorityUpdate, Lookup, Member, Snapshot, SubjectRef } from '../core/authority/member.ts';

export type AuthorityDescription = {
  /** `iss` of the subjects that it speaks of. */
  readonly issuer: string;
  /** For people: what is asked, without secrets (`file ./members.yaml`). */
  readonly source: string;
  /** `snapshot`: it can name everybody. `status`: it knows standings and not only seats. `push`: changes come by themselves. `agreements`: it knows those with other shards. */
  readonly supports: ReadonlySet<'snapshot' | 'status' | 'push' | 'agreements'>;
};

/** `absent` says why: the assertion is not to be believed, or is not for us. */
export type VisitorLookup =
  | Exclude<Lookup<Assertion>, { readonly kind: 'absent' }>
  | (Extract<Lookup<never>, { readonly kind: 'absent' }> & AssertionRefusal);

/**
 * The cooperative's authorization layer. Every failure is `unknown`, never an empty or shorter answer; nothing throws
 * or rejects. Answers are complete values, checked and mapped: nothing behind this trusts the wire.
 */
export interface Authority {
  readonly description: AuthorityDescription;
  /** All or nothing. Authorities that cannot name everybody answer `unknown`. */
  snapshot(): Promise<Lookup<Snapshot>>;
  /** One subject, asked now. */
  member(subject: SubjectRef): Promise<Lookup<Member>>;
  /**
   * Begins with a snapshot (or `gap`, or `unknown`), then says what changes, at least once each, and a heartbeat at
   * least every 10 s while all is well. Ends only when the signal is raised. Called once.
   */
  watch(signal: AbortSignal): AsyncIterable<AuthorityUpdate>;
  /** All of them, whatever their state. Authorities that know of none such answer `unknown`. */
  agreements(): Promise<Lookup<readonly Agreement[]>>;
  /**
   * Whether a peer under an agreement says what this assertion says (a signed JWT, docs/agreements.md). That it is used
   * once only is the caller's to see.
   */
  admitVisitor(assertionJwt: string): Promise<VisitorLookup>;
  /** For authorities that have to be asked person by person: whom to ask about from now on. */
  setSubjects?(subjects: readonly SubjectRef[]): void;
  close(): Promise<void>;
}

export type DecisionQuestion = {
  readonly subject: SubjectRef;
  readonly roles: readonly string[];
  readonly action: Action;
  /** `space:<id>`, `channel:<network>/<name>` or `shard:<id>`. */
  readonly resource: string;
};

/** A policy engine asked in addition (AuthZEN): it can only say no to what our own table allows. */
export interface DecisionPoint {
  evaluate(question: DecisionQuestion): Promise<Lookup<{ readonly allow: boolean; readonly reason?: string }>>;
  close(): Promise<void>;
}
