import { isDeepStrictEqual } from 'node:util';
import {
  type AuthorityUpdate,
  type Lookup,
  type Member,
  type SubjectRef,
  subjectKey,
} from '../../core/authority/member.ts';
import type { Clock } from '../../ports/clock.ts';
import { HEARTBEAT_MS } from '../heartbeat.ts';
import { pause } from '../pause.ts';
import type { Unknown } from '../unknown.ts';
import { concernsEverybody } from './groups-answer.ts';
import type { Subjects } from './subjects.ts';

type Found = Extract<Lookup<Member>, { kind: 'found' }>;

export type SubjectWatch = {
  readonly subjects: Subjects;
  readonly ask: (subject: SubjectRef) => Promise<Found | Unknown>;
  /** A sign of life where there is nobody to ask about. @returns undefined: it lives */
  readonly probe: () => Promise<Unknown | undefined>;
  readonly intervalMs: number;
  readonly clock: Clock;
};

const AT_ONCE = 4;
const FIRST_RETRY_MS = 1_000;

/** What was told of whom. */
type Told = Map<string, Member>;

/**
 * Asks about everybody, again and again, and says what changed. Nobody is ever said to be gone. Pulled and not pushed: a
 * reader who is slow makes the rounds slow and loses nothing.
 */
export async function* watchSubjects(watch: SubjectWatch, signal: AbortSignal): AsyncGenerator<AuthorityUpdate, void> {
  const { subjects, clock, intervalMs } = watch;
  const told: Told = new Map();
  let retryMs = FIRST_RETRY_MS;
  // Nobody has been asked about yet.
  yield { kind: 'gap' };
  while (!signal.aborted) {
    const beganAtMs = clock.nowMs();
    // Rung by whoever comes during the round, too.
    const { newcomer } = subjects;
    for (const key of told.keys()) if (!subjects.has(key)) told.delete(key);
    const end = yield* round(watch, told, subjects.all, signal);
    if (signal.aborted) return;
    if (end === undefined) {
      yield { kind: 'heartbeat', asOfMs: beganAtMs };
      retryMs = FIRST_RETRY_MS;
      yield* rest(watch, told, { newcomer, beganAtMs }, signal);
    } else {
      yield end;
      await pause(clock, Math.min(retryMs, intervalMs), signal);
      retryMs *= 2;
    }
  }
}

/** @returns undefined where everybody was found */
async function* round(
  watch: SubjectWatch,
  told: Told,
  wanted: readonly SubjectRef[],
  signal: AbortSignal,
): AsyncGenerator<AuthorityUpdate, Unknown | undefined> {
  if (wanted.length === 0) return watch.probe();
  const same: Found[] = [];
  let odd: Unknown | undefined;
  for (let from = 0; from < wanted.length && !signal.aborted; from += AT_ONCE) {
    const answers = await Promise.all(wanted.slice(from, from + AT_ONCE).map(watch.ask));
    for (const found of answers) {
      if (found.kind === 'unknown') odd ??= found;
      else if (isDeepStrictEqual(told.get(subjectKey(found.value.subject)), found.value)) same.push(found);
      else yield tell(told, found);
    }
    // One alone may be the fault of that person's rows.
    if (odd !== undefined && answers.every((found) => found.kind === 'unknown' && concernsEverybody(found))) return odd;
  }
  // A sign of life would speak of everybody, so each of the others is told to be as they were.
  if (odd !== undefined) for (const found of same) yield tell(told, found);
  return odd;
}

function tell(told: Told, { value, freshness }: Found): AuthorityUpdate {
  told.set(subjectKey(value.subject), value);
  return { kind: 'member', subject: value.subject, member: value, freshness };
}

/** Until the next round is due: signs of life as old as the round, and questions about whoever is new. */
async function* rest(
  watch: SubjectWatch,
  told: Told,
  since: { readonly newcomer: AbortSignal; readonly beganAtMs: number },
  signal: AbortSignal,
): AsyncGenerator<AuthorityUpdate, void> {
  const { subjects, clock, intervalMs } = watch;
  const untilMs = clock.nowMs() + intervalMs;
  let { newcomer } = since;
  for (let leftMs = intervalMs; leftMs > 0 && !signal.aborted; leftMs = untilMs - clock.nowMs()) {
    await pause(clock, Math.min(leftMs, HEARTBEAT_MS), signal, newcomer);
    if (newcomer.aborted) {
      newcomer = subjects.newcomer;
      const fresh = subjects.all.filter((subject) => !told.has(subjectKey(subject)));
      // What is wrong with one of them the next round says.
      yield* round(watch, told, fresh.length === 0 ? [] : fresh, signal);
    } else if (clock.nowMs() < untilMs) yield { kind: 'heartbeat', asOfMs: since.beganAtMs };
  }
}
