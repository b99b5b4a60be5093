import type { Handle, SubjectRef } from '../../core/authority/member.ts';
import { MAX_SUBJECT, toDidHandle } from '../words.ts';

/** Whose subjects are known here, and under which other name the issuer of events may mean them. */
export type SubjectNames = { readonly authority: string; readonly issuer: string };

export type Whom = { readonly subjects: readonly SubjectRef[]; readonly handles: readonly Handle[] };

type Fields = Readonly<Record<string, unknown>>;
type Read = (identifier: Fields, names: SubjectNames, depth: number) => Whom;

const NOBODY: Whom = { subjects: [], handles: [] };
const MAX_ALIASES = 20;
const MAX_DEPTH = 3;

/**
 * Formats of subject identifiers (RFC 9493 §3, RFC 9967 §2.1, SSF 1.0 §3.2). E-mail addresses and telephone numbers name
 * nobody: they change hands.
 */
const FORMATS: Readonly<Record<string, Read>> = {
  iss_sub: ({ iss, sub }, names) => (iss === names.authority || iss === names.issuer ? subject(sub, names) : NOBODY),
  opaque: ({ id }, names) => subject(id, names),
  did: ({ url }) => {
    const handle = typeof url === 'string' ? toDidHandle(url.split(/[/?#]/)[0] ?? '') : undefined;
    return handle === undefined ? NOBODY : { subjects: [], handles: [handle] };
  },
  scim: ({ uri, externalId }, names) => {
    const id = typeof uri === 'string' ? /(?:^|\/)Users\/([^/?#]+)$/.exec(uri)?.[1] : undefined;
    if (id === undefined) return NOBODY;
    return subject(externalId ?? decoded(id), names);
  },
  aliases: ({ identifiers }, names, depth) =>
    (Array.isArray(identifiers) ? identifiers.slice(0, MAX_ALIASES) : [])
      .map((each) => subjectsOf(each, names, depth + 1))
      .reduce(both, NOBODY),
  complex: ({ user }, names, depth) => subjectsOf(user, names, depth + 1),
};

/** Whom a subject identifier means. Nobody for all that is not one, or whose format names nobody whom we could know. */
export function subjectsOf(identifier: unknown, names: SubjectNames, depth = 0): Whom {
  if (typeof identifier !== 'object' || identifier === null || depth > MAX_DEPTH) return NOBODY;
  const fields = identifier as Fields;
  // Before RFC 9493 the format was called so, and written with hyphens.
  const format = fields.format ?? fields.subject_type ?? (fields.user === undefined ? undefined : 'complex');
  const name = typeof format === 'string' ? format.replaceAll('-', '_') : '';
  return Object.hasOwn(FORMATS, name) ? (FORMATS[name]?.(fields, names, depth) ?? NOBODY) : NOBODY;
}

export const both = (one: Whom, other: Whom): Whom => ({
  subjects: [...one.subjects, ...other.subjects],
  handles: [...one.handles, ...other.handles],
});

function subject(sub: unknown, { authority }: SubjectNames): Whom {
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) return NOBODY;
  return { subjects: [{ iss: authority, sub }], handles: [] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
