import { ROLES, type Role, STATUSES, type Status } from './member.ts';

/** What an authority's words mean, by its words (`authority.statuses`, `authority.roles` of the configuration). */
export type Words<T extends string> = Readonly<Record<string, T>>;

/** @returns `unmapped` for a word that nobody explained and that is none of ours */
export const mapStatus = (text: string, table: Words<Status>): Status | 'unmapped' =>
  meaningOf(text, table, STATUSES) ?? 'unmapped';

/**
 * @returns each role once, from least to most; `dropped`: words that nobody explained, which give nothing and should
 *   be told to an admin
 */
export function mapRoles(
  words: readonly string[],
  table: Words<Role>,
): { readonly roles: readonly Role[]; readonly dropped: readonly string[] } {
  const found = new Set<Role>();
  const dropped = new Set<string>();
  for (const word of words) {
    const role = meaningOf(word, table, ROLES);
    if (role === undefined) dropped.add(word);
    else found.add(role);
  }
  return { roles: ROLES.filter((role) => found.has(role)), dropped: [...dropped] };
}

/** The exact word first, then without regard to case; what is explained comes before what is merely spelt like ours. */
function meaningOf<T extends string>(text: string, table: Words<T>, ours: readonly T[]): T | undefined {
  const word = text.trim();
  if (Object.hasOwn(table, word)) return table[word];
  const lower = word.toLowerCase();
  const key = Object.keys(table).find((each) => each.trim().toLowerCase() === lower);
  return key === undefined ? ours.find((each) => each === lower) : table[key];
}
