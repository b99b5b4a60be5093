import type { AuditEntry } from '../../src/ports/audit.ts';

/** An entry of a suspension, and what a test wants different. */
export const entry = (different: Partial<AuditEntry> = {}): AuditEntry => ({
  phase: 'outcome',
  actor: 'authority',
  cause: 'change 7',
  subject: 'https://id.test ann',
  action: 'kick',
  resource: 'space:willow',
  why: 'ann is suspended since revision 7.',
  revision: 7,
  result: 'done',
  ...different,
});
