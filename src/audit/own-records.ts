import { checkpointText, type Fields } from '../core/authority/audit-chain.ts';
import { boundedEntry } from './bounded-entry.ts';
import type { Draft, Finding } from './log-file.ts';
import type { SigningKey } from './signing-key.ts';

/** What an entry says that is about the log itself. */
export const note = (action: string, why: string): Fields =>
  boundedEntry({ phase: 'note', actor: 'audit', cause: '', subject: '', action, resource: '', why, revision: null });

/** Signs everything before it. */
export const checkpoint = (key: SigningKey, ts: string): Draft => ({
  kind: 'checkpoint',
  fields: (before) => ({ signature: key.sign(checkpointText(before)) }),
  ts,
});

/** What is written first after a log was opened. */
export function openingRecords(finding: Finding, { publicKey }: SigningKey, ts: string): Draft[] {
  switch (finding.kind) {
    case 'whole':
      return [];
    case 'fresh':
      return [{ kind: 'key', fields: { algorithm: 'Ed25519', publicKey }, ts }];
    case 'repaired':
      return [{ kind: 'entry', fields: note('repair', torn(finding.bytes)), ts }];
    case 'break':
      return [{ kind: 'break', fields: { why: finding.why, publicKey }, ts }];
  }
}

const torn = (bytes: number): string =>
  `${bytes} bytes after the record before this one were being written when the bridge stopped, and were removed.`;
