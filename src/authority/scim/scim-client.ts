import { type Lookup, type Member, type Snapshot, type SubjectRef, subjectKey } from '../../core/authority/member.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { HEARTBEAT_MS } from '../heartbeat.ts';
import { MemberFeed } from '../member-feed.ts';
import { pause } from '../pause.ts';
import { Revisions } from '../revisions.ts';
import { type Answer, answer, clean, unknown } from '../unknown.ts';
import { UpdateQueue } from '../update-queue.ts';
import { withoutAgreements } from '../without-agreements.ts';
import type { Words } from '../words.ts';
import { membershipsOf, PAGE, readService } from './read-service.ts';
import type { Resource } from './resource.ts';
import { handlesOf, memberIds, toMembers } from './resources-to-members.ts';

export type ScimClientOptions = Words & {
  /** Base URL without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly intervalSeconds: number;
  readonly issuer: string;
  readonly clock: Clock;
  readonly log: Log;
};

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/**
 * A SCIM service as the authority, asked for all of its users and groups every `intervalSeconds`. A page that fails, a
 * list that changes while it is read, one id named twice, an answer of another type, a redirect: all of it is unknown.
 *
 * Lists in pages can skip somebody when they change between two pages, without a sign of it. So whoever is suddenly
 * missing is only absent when a second reading misses the same people.
 */
export function makeScimClient(options: ScimClientOptions): Authority {
  const { url, token, intervalSeconds, issuer, statuses, roles, clock, log } = options;
  const words = { issuer, statuses, roles };
  const revisions = new Revisions(clock);
  const closing = new AbortController();
  /** Subjects of the last whole list. */
  let known: ReadonlySet<string> | undefined;
  let reading: Promise<Answer<Member[]>> | undefined;
  let next: Promise<Answer<Member[]>> | undefined;

  let told = '';

  /** A handle that is none is nobody's; somebody should know, once. */
  const tellWrongHandles = (users: readonly Resource[]): void => {
    const wrong = users.flatMap((user) => handlesOf(user).wrong.map((value) => `${clean(value)} of ${clean(user.id)}`));
    const text = wrong.slice(0, 5).join(', ');
    if (text !== '' && text !== told)
      log.warn(`The SCIM service has ${wrong.length} handles that are none, and they count for nothing: ${text}.`);
    told = text;
  };

  const readOnce = async (): Promise<Answer<Member[]>> => {
    const service = await readService({ url, token, clock, signal: closing.signal });
    if (service.kind === 'unknown') return service;
    tellWrongHandles(service.value.users);
    return toMembers(service.value.users, membershipsOf(service.value, memberIds), words);
  };

  const subjectsOf = (members: readonly Member[]): Set<string> =>
    new Set(members.map(({ subject }) => subjectKey(subject)));

  const readTwiceIfMissing = async (): Promise<Answer<Member[]>> => {
    const first = await readOnce();
    if (first.kind === 'unknown') return first;
    const here = subjectsOf(first.value);
    const missing = [...(known ?? [])].filter((key) => !here.has(key));
    let members = first.value;
    if (missing.length > 0 || (known === undefined && here.size > PAGE)) {
      const second = await readOnce();
      if (second.kind === 'unknown') return second;
      const there = subjectsOf(second.value);
      if (missing.some((key) => there.has(key)) || [...here].some((key) => !there.has(key)))
        return unknown(
          'stale',
          'The SCIM service named different people twice in a row, so nobody knows who is missing.',
        );
      members = second.value;
    }
    known = subjectsOf(members);
    return answer(members);
  };

  /** Those who ask while it is being read share the next reading: this one began before they asked, and may be older. */
  const read = (): Promise<Answer<Member[]>> => {
    if (reading === undefined) {
      reading = readTwiceIfMissing().finally(() => {
        reading = undefined;
      });
      return reading;
    }
    next ??= reading.then(() => {
      next = undefined;
      return read();
    });
    return next;
  };

  /** Asks again and again, until the signal is raised. */
  async function keepAsking(feed: MemberFeed, signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    let warned: string | undefined;
    while (!signal.aborted) {
      const freshness = revisions.next('poll');
      const members = await read();
      if (signal.aborted) return;
      if (members.kind === 'unknown') {
        feed.failed(members);
        if (members.text !== warned) log.warn(`${members.text} Nobody is let in or removed until it answers.`);
        warned = members.text;
        await pause(clock, retryMs * (0.75 + clock.random() / 2), signal);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
        continue;
      }
      retryMs = FIRST_RETRY_MS;
      warned = undefined;
      feed.learned(members.value, freshness);
      const nextMs = clock.nowMs() + intervalSeconds * 1000;
      for (let leftMs = nextMs - clock.nowMs(); leftMs > 0 && !signal.aborted; leftMs = nextMs - clock.nowMs()) {
        await pause(clock, Math.min(leftMs, HEARTBEAT_MS), signal);
        // Not newer than it is: the service was asked then and not since.
        if (!signal.aborted && clock.nowMs() < nextMs) feed.alive(freshness.asOfMs);
      }
    }
  }

  return {
    description: { issuer, source: `scim ${url}`, supports: new Set(['snapshot', 'status']) },

    async snapshot(): Promise<Lookup<Snapshot>> {
      const freshness = revisions.next('snapshot');
      const members = await read();
      return members.kind === 'unknown' ? members : { kind: 'found', value: { members: members.value }, freshness };
    },

    async member(subject: SubjectRef): Promise<Lookup<Member>> {
      const freshness = revisions.next('poll');
      if (subject.iss !== issuer) return { kind: 'absent', freshness };
      const members = await read();
      if (members.kind === 'unknown') return members;
      const value = members.value.find((one) => subjectKey(one.subject) === subjectKey(subject));
      return value === undefined ? { kind: 'absent', freshness } : { kind: 'found', value, freshness };
    },

    async *watch(signal) {
      const either = AbortSignal.any([signal, closing.signal]);
      const queue = new UpdateQueue();
      void keepAsking(new MemberFeed((update) => queue.push(update)), either);
      yield* queue.take(either);
    },

    ...withoutAgreements,

    async close() {
      closing.abort();
      await (next ?? reading)?.catch(() => {});
    },
  };
}
