import assert from 'node:assert/strict';
import type { Resource } from '../../../src/core/authority/access.ts';
import type { At } from '../../../src/core/authority/at.ts';
import { Directory } from '../../../src/core/authority/directory.ts';
import type { DirectoryRow } from '../../../src/core/authority/directory-rows.ts';
import type {
  AuthorityUpdate,
  Freshness,
  Handle,
  Lookup,
  Member,
  Role,
  Seat,
  Status,
} from '../../../src/core/authority/member.ts';

export const ISS = 'https://id.willow.example';
export const NOW_MS = 1_800_000_000_000;
export const FRESH: At = { nowMs: NOW_MS, ageMs: 0, softMs: 60_000, hardMs: 900_000 };
/** The authority has been silent for so long. */
export const silentFor = (ageMs: number): At => ({ ...FRESH, ageMs });

export const keyOf = (sub: string): string => `${ISS} ${sub}`;
export const mxid = (sub: string): Handle => ({ kind: 'mxid', value: `@${sub}:willow.example` });
export const seat = (group: string, ...roles: Role[]): Seat => ({ group, roles, visibility: 'canonical' });

export const person = (sub: string, more: Partial<Member> = {}): Member => ({
  subject: { iss: ISS, sub },
  status: 'active',
  statusText: more.status ?? 'active',
  seats: [],
  roles: [],
  handles: [mxid(sub)],
  ...more,
});

/** What the authority said `ageMs` ago. */
export const saidOf = (value: Member, ageMs = 0): Lookup<Member> => ({
  kind: 'found',
  value,
  freshness: { asOfMs: NOW_MS - ageMs, revision: 7, via: 'push' },
});
export const withStatus = (status: Status | 'unmapped', more: Partial<Member> = {}): Lookup<Member> =>
  saidOf(person('bo', { status, statusText: status, ...more }));
export const removed = (ageMs = 0): Lookup<Member> => ({
  kind: 'absent',
  freshness: { asOfMs: NOW_MS - ageMs, revision: 7, via: 'push' },
});
export const stranger = (ageMs = 0): Lookup<Member> => ({
  kind: 'absent',
  freshness: { asOfMs: NOW_MS - ageMs, revision: 7, via: 'snapshot' },
  stranger: true,
});
export const unknown: Lookup<Member> = { kind: 'unknown', reason: 'timeout', text: 'It did not answer.' };

export const channel = (more: Partial<Resource> = {}): Resource => ({
  id: 'channel:home/#commons',
  kind: 'channel',
  label: '#commons',
  groupState: 'active',
  require: 'member',
  staleness: 'members',
  ...more,
});
export const open = channel({ id: 'channel:home/#open', label: '#open', require: 'none', staleness: 'open' });
export const garden = channel({ id: 'channel:home/#garden', label: '#garden', group: 'garden' });
export const confidential = channel({ id: 'channel:home/#board', label: '#board', staleness: 'confidential' });
export const coopSpace = channel({ id: 'space:coop', kind: 'space', label: 'Willow' });
export const gardenSpace = channel({ id: 'space:garden', kind: 'space', label: 'Garden group', group: 'garden' });
export const lobby = channel({ id: 'room:lobby', kind: 'lobby', label: 'Lobby', require: 'none', staleness: 'open' });
export const adminRoom = channel({ id: 'room:admin', kind: 'admin', label: 'Admins', require: 'council' });

export const freshness = (revision: number, via: Freshness['via'] = 'push'): Freshness => ({
  asOfMs: 1_000 + revision,
  revision,
  via,
});
export const changed = (revision: number, value: Member): AuthorityUpdate => ({
  kind: 'member',
  subject: value.subject,
  member: value,
  freshness: freshness(revision),
});
export const dropped = (revision: number, sub: string): AuthorityUpdate => ({
  kind: 'member',
  subject: { iss: ISS, sub },
  member: null,
  freshness: freshness(revision),
});
export const everybody = (revision: number, ...members: Member[]): AuthorityUpdate => ({
  kind: 'snapshot',
  snapshot: { members },
  freshness: freshness(revision, 'snapshot'),
});

/** A directory in another process, which has the rows of whoever the first was told something of. */
export function restarted(updates: readonly AuthorityUpdate[]): Directory {
  const before = new Directory();
  const subjects = new Set(updates.flatMap((update) => before.apply(update).changed));
  const rows = [...subjects].flatMap((subject): DirectoryRow[] => {
    const row = before.row(subject);
    return row === undefined ? [] : [JSON.parse(JSON.stringify(row))];
  });
  const directory = new Directory();
  if (before.asOfMs === undefined && rows.length === 0) return directory;
  const { asOfMs = null, isComplete } = before;
  assert.equal(directory.restoreFrom(rows, { asOfMs, isComplete }), true);
  return directory;
}
