import type { AuditRecord, Fields } from '../core/authority/audit-chain.ts';
import { parseSubjectKey } from '../core/authority/member.ts';

/** Actors that are no people. */
const PROGRAMS: ReadonlySet<unknown> = new Set(['authority', 'reconcile', 'timer', 'audit']);
const MATRIX_ID = /@[a-z0-9._=/+-]{1,200}:[A-Za-z0-9.:[\]-]{1,230}/gi;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}._=+/:@#!$%&*~-]*/gu;
/** Shorter ones are part of too many words. */
const LEAST = 3;
const SOMEBODY = 'somebody';

/** What is asked for: every name under which the log knows one member. */
export type Whose = ReadonlySet<string>;

/**
 * Names of one member as they stand in records and in sentences: the subject itself, its `sub`, the value of a handle
 * (`irc-account home ann` → `ann`), and the localpart of a Matrix id.
 */
export function namesOf(subject: string): readonly string[] {
  const name = plainSubject(subject);
  const last = name.slice(name.lastIndexOf(' ') + 1);
  const localpart = /^@([^:]+):/.exec(last)?.[1] ?? last;
  return [...new Set([name, parseSubjectKey(name).sub, last, localpart])].filter((part) => part !== '');
}

/** A Matrix id is the same with and without the word that says that it is one. */
export const plainSubject = (subject: string): string => subject.replace(/^mxid {2}/, '');

/**
 * Whether a record is about this member: under a subject as it was asked for, not under the like. An account `ann`
 * somewhere is not the member `ann`.
 */
export const isAbout = ({ kind, subject }: AuditRecord, asked: Whose): boolean =>
  kind === 'entry' && typeof subject === 'string' && subject !== '' && asked.has(plainSubject(subject));

/** The subject that somebody meant who gave only its last part. */
export const isMeant = ({ kind, subject }: AuditRecord, asked: string): boolean =>
  kind === 'entry' && typeof subject === 'string' && parseSubjectKey(subject).sub === asked;

/** Everybody else whom the log names: what must not stand in this member's copy. */
export function namesOfOthers(record: AuditRecord, whose: Whose): readonly string[] {
  const { kind, subject, actor } = record;
  if (kind !== 'entry') return [];
  return [subject, actor]
    .filter((name): name is string => typeof name === 'string' && name !== '' && !PROGRAMS.has(name))
    .filter((name) => !whose.has(plainSubject(name)))
    .flatMap(namesOf)
    .filter((name) => name.length >= LEAST && !whose.has(name));
}

/** What is exported of a record; the hashes stay behind, `seq` says which line it was. */
const FIELDS = ['seq', 'ts', 'phase', 'cause', 'subject', 'action', 'resource', 'why', 'revision', 'result'] as const;
/** Text in which others may be named. */
const SPOKEN: ReadonlySet<string> = new Set(['cause', 'why', 'result']);

/** A record for the member whom it is about: nobody else is named, whoever acted is named by their role. */
export function exportEntry(record: AuditRecord, whose: Whose, others: ReadonlySet<string>): Fields {
  const { actor, actorRole } = record;
  const mine = whose.has(plainSubject(String(actor)));
  const said = FIELDS.filter((field) => record[field] !== undefined).map((field) => {
    const value = record[field];
    return [field, SPOKEN.has(field) && typeof value === 'string' ? withoutOthers(value, whose, others) : value];
  });
  return {
    ...Object.fromEntries(said),
    actor: mine || PROGRAMS.has(actor) ? String(actor) : typeof actorRole === 'string' ? `a ${actorRole}` : SOMEBODY,
  };
}

/** Words that are somebody else's name, also with a full stop behind them, and every other Matrix id. */
const withoutOthers = (text: string, whose: Whose, others: ReadonlySet<string>): string =>
  phrases(text, others)
    .replace(MATRIX_ID, (id) => (whose.has(id) ? id : SOMEBODY))
    .replace(WORD, (word) => {
      const bare = word.replace(/[.:/~-]+$/, '');
      return others.has(bare) && !whose.has(bare) ? SOMEBODY + word.slice(bare.length) : word;
    });

/** Names with spaces in them, such as whole subject keys. */
function phrases(text: string, others: ReadonlySet<string>): string {
  let out = text;
  for (const name of others) if (name.includes(' ') && out.includes(name)) out = out.replaceAll(name, SOMEBODY);
  return out;
}
