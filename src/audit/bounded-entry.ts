import type { Fields } from '../core/authority/audit-chain.ts';
import type { AuditEntry } from '../ports/audit.ts';

/** Longest value of each field, in UTF-16 code units. A Matrix id has 255 bytes at most, a subject an issuer besides. */
const MAX_LENGTH = {
  phase: 20,
  actor: 400,
  actorRole: 40,
  cause: 400,
  subject: 800,
  action: 60,
  resource: 600,
  why: 1000,
  result: 200,
} as const satisfies Partial<Record<keyof AuditEntry, number>>;

/** What is stored of an entry: its own fields and no others, each bounded, since most of them were chosen by strangers. */
export function boundedEntry(entry: AuditEntry): Fields {
  const fields: Record<string, string | number | null> = {
    revision: Number.isSafeInteger(entry.revision) ? entry.revision : null,
  };
  for (const [name, max] of Object.entries(MAX_LENGTH)) {
    const value = entry[name as keyof typeof MAX_LENGTH];
    if (value !== undefined) fields[name] = cut(String(value), max);
  }
  return fields;
}

const cut = (text: string, max: number): string =>
  (text.length <= max ? text : `${text.slice(0, max - 1)}…`).toWellFormed();
