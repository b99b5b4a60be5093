import type { Seat } from '../../core/authority/member.ts';
import { type Answer, answer, type Unknown, unknown } from '../unknown.ts';
import { MAX_GROUP } from '../words.ts';

const MAX_GROUPS = 10_000;

/**
 * `{"groups": ["<id>", …]}`: every group in which the person has a seat, their personal one included, which everybody
 * has. So an empty list says nothing of the person: the database hides its rows from whoever forgot to say who asks
 * (row-level security), without an error.
 */
export function seatsOf(json: unknown): Answer<readonly Seat[]> {
  const groups = typeof json === 'object' && json !== null && 'groups' in json ? json.groups : undefined;
  if (!Array.isArray(groups) || groups.length > MAX_GROUPS || !groups.every(isGroup))
    return unknown('malformed', 'The API (authority.coopApi) answered without a list of groups.');
  if (groups.length === 0)
    return unknown(
      'ambiguous',
      'The API (authority.coopApi) names no group at all for somebody, which happens by mistake (row-level security) and never for a member. Look at its log.',
    );
  return answer(
    [...new Set<string>(groups)].sort().map((group) => ({ group, roles: ['member'], visibility: 'canonical' })),
  );
}

const isGroup = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_GROUP;

/** Whether an answer says something of the API itself, so that asking about others is of no use. */
export const concernsEverybody = ({ reason }: Unknown): boolean =>
  reason === 'unreachable' || reason === 'timeout' || reason === 'unauthorized';
