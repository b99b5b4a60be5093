import type { Role, Seat, ShardRole } from '../core/authority/member.ts';
import { inOrder } from './words.ts';

/** What membership of a directory's group, or a role that it gives, means for a person. */
export type Meaning =
  | { readonly kind: 'role'; readonly role: Role }
  | { readonly kind: 'seat'; readonly group: string; readonly role?: Role };

/** One seat for each group, with all roles in it. */
export function seatsFrom(meanings: readonly Meaning[]): Seat[] {
  const byGroup = new Map<string, Set<Role>>();
  for (const meaning of meanings) {
    if (meaning.kind !== 'seat') continue;
    const roles = byGroup.get(meaning.group) ?? new Set<Role>();
    byGroup.set(meaning.group, roles.add(meaning.role ?? 'member'));
  }
  return [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, roles]) => ({ group, roles: inOrder(roles), visibility: 'canonical' }));
}

/** Roles in the whole cooperative. */
export const rolesFrom = (meanings: readonly Meaning[]): ShardRole[] =>
  inOrder(new Set(meanings.flatMap((meaning) => (meaning.kind === 'role' ? [meaning.role] : [])))).map((role) => ({
    role,
  }));
