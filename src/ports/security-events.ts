import type { Handle, SubjectRef } from '../core/authority/member.ts';

/**
 * What somebody whom the authority trusts says has happened (RFC 8417), verified. No decision by itself: the authority is asked
 * because of it, and only what that answers counts.
 */
export type SecurityEvent = {
  /** With the issuer it names the event for ever (`jti`). */
  readonly id: string;
  /** What happened, for people: `session-revoked`. */
  readonly kind: string;
  /**
   * `shut`: until the authority was asked, nothing of these people is passed on. `look`: the authority is asked. `none`: nothing
   * follows.
   */
  readonly effect: 'shut' | 'look' | 'none';
  /** Whom it concerns. Nobody named, or nobody whom we could know: it may be anybody. */
  readonly subjects: readonly SubjectRef[];
  readonly handles: readonly Handle[];
};

export interface SecurityEventSink {
  /** Resolves once it is on disk, to whether it is news. @throws where nothing was stored: it has to be brought again */
  take(event: SecurityEvent): Promise<boolean>;
  /** Something was brought that counts for nothing. @param fault from a closed list */
  refused(fault: string, why: string): void;
}
