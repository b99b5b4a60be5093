import type { Handle, Lookup, Member, SubjectRef } from '../../core/authority/member.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Clock } from '../../ports/clock.ts';
import { askJson, fromStatus, type HttpAnswer } from '../ask-json.ts';
import { Revisions } from '../revisions.ts';
import { type Unknown, unknown } from '../unknown.ts';
import { withoutAgreements } from '../without-agreements.ts';
import { seatsOf } from './groups-answer.ts';
import { Subjects } from './subjects.ts';
import { watchSubjects } from './watch-subjects.ts';

export type CoopApiOptions = {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** Matrix ids by `sub`: whom to ask about. */
  readonly people: Readonly<Record<string, string>>;
  readonly intervalSeconds: number;
  readonly issuer: string;
  readonly clock: Clock;
};

type Found = Extract<Lookup<Member>, { kind: 'found' }>;

const ROUTE = '/api/internal/groups';
const WHOM = 'The API (authority.coopApi)';
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/**
 * The coop-api of an irl.coop stack: `GET /api/internal/groups?sub=`, with a shared bearer token, names the groups in which
 * one person has a seat. That is all there is, so this authority
 *
 * - names nobody by itself: `snapshot` is always `unknown`, and it asks about whom `people` and `setSubjects` name, again and again;
 * - never says `absent` of its own people: nobody can tell "left" from "suspended" from "never was" by a list of groups. A seat that is
 *   missing beside others is gone; an empty list, a 404 and everything odd is `unknown`;
 * - knows no standings (whoever has a seat is active), no roles, no names and no accounts: Matrix ids are what `people` says, accounts are linked by proof.
 *
 * Each complete round about everybody is a sign of life as old as its beginning.
 */
export function makeCoopApiAuthority({
  url,
  token,
  people,
  intervalSeconds,
  issuer,
  clock,
}: CoopApiOptions): Authority {
  const revisions = new Revisions(clock);
  const closing = new AbortController();
  const subjects = new Subjects();
  const named = Object.keys(people).map((sub) => ({ iss: issuer, sub }));
  subjects.replace(named);

  const get = (query: string): Promise<HttpAnswer> =>
    askJson({ whom: WHOM, url: `${url}${ROUTE}${query}`, token, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }, clock);

  const ask = async (subject: SubjectRef): Promise<Found | Unknown> => {
    const freshness = revisions.next('poll');
    if (closing.signal.aborted) return unknown('unreachable', 'Causeway is stopping.');
    const answered = await get(`?${new URLSearchParams({ sub: subject.sub })}`);
    if (answered.kind === 'unknown') return answered;
    if (answered.status === 404)
      return unknown('ambiguous', `${WHOM} knows nothing of somebody, or has no such route. Check its URL.`);
    if (answered.status !== 200) return fromStatus(WHOM, answered.status);
    const seats = seatsOf(answered.json);
    if (seats.kind === 'unknown') return seats;
    const standing = { status: 'active', statusText: 'has a seat' } as const;
    return {
      kind: 'found',
      value: { subject, ...standing, seats: seats.value, roles: [], handles: handlesOf(subject) },
      freshness,
    };
  };

  const handlesOf = ({ sub }: SubjectRef): Handle[] => {
    const userId = Object.hasOwn(people, sub) ? people[sub] : undefined;
    return userId === undefined ? [] : [{ kind: 'mxid', value: userId }];
  };

  /** Without a subject it lets us in, and then complains (400). */
  const probe = async (): Promise<Unknown | undefined> => {
    const answered = await get('');
    if (answered.kind === 'unknown') return answered;
    return answered.status === 400 ? undefined : fromStatus(WHOM, answered.status);
  };

  return {
    description: { issuer, source: `coop-api ${url}`, supports: new Set() },
    member: async (subject) =>
      subject.iss === issuer ? ask(subject) : { kind: 'absent', freshness: revisions.next('poll') },

    snapshot: () =>
      Promise.resolve(unknown('ambiguous', `${WHOM} cannot name everybody; it is asked person by person.`)),

    setSubjects(wanted) {
      subjects.replace([...named, ...wanted.filter(({ iss }) => iss === issuer)]);
    },

    watch: (signal) =>
      watchSubjects(
        { subjects, ask, probe, intervalMs: intervalSeconds * 1000, clock },
        AbortSignal.any([signal, closing.signal]),
      ),

    ...withoutAgreements,

    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
