import type { Resource } from '../../core/authority/access.ts';
import type { Assertion, Grant } from '../../core/authority/agreement.ts';
import type { Lookup, Member } from '../../core/authority/member.ts';
import { subjectKey } from '../../core/authority/member.ts';
import { commonGrants, takesVisitors } from '../../core/authority/visit.ts';
import { type Bucket, type BucketRules, fullBucket, takeTokens } from '../../core/pace.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Authority } from '../../ports/authority.ts';
import type { VisitAnswer } from '../../ports/visit.ts';
import type { Kit } from '../kit.ts';
import type { AgreementRecord } from './agreement-book.ts';
import { normalGrants, type Visitors } from './visitors.ts';

/** Assertions that are looked at together, and in the long run; for each of the two ways in. */
const MOST_AT_ONCE = 16;
const PACE: BucketRules = { burst: 60, refillMs: 100 };
/** Tries of one account. */
const OWN_PACE: BucketRules = { burst: 5, refillMs: 10_000 };
const MAX_REMEMBERED = 1_000;
/** Refusals of what nobody proved, in the audit log: whoever can reach us could fill a disk otherwise. The rest is counted there. */
const NOTED_PACE: BucketRules = { burst: 60, refillMs: 10_000 };

export type VisitorDeskParts = {
  readonly kit: Kit;
  readonly authority: Authority;
  readonly visitors: Visitors;
  readonly audit: Audit;
  readonly resources: () => Iterable<Resource>;
  /** Who an account is to our own authority. */
  readonly ownMember: (userId: string) => Lookup<Member>;
  /** Calls somebody into rooms that they left by themselves: presenting an assertion says that they want to come. */
  readonly callBack: (userId: string, resources: readonly string[]) => Promise<void>;
};

type Way = { bucket: Bucket; underWay: number; readonly own: Map<string, Bucket> };

const BUSY: VisitAnswer = {
  kind: 'unknown',
  text: 'Too many want to be let in at this moment. Try again in a minute.',
};

/** Where people of other shards present what their home says of them, and are let in, or told why not. */
export class VisitorDesk {
  readonly #parts: VisitorDeskParts;
  readonly #ways: Readonly<Record<'matrix' | 'http', Way>>;
  #noted: Bucket;
  #unnoted = 0;

  constructor(parts: VisitorDeskParts) {
    this.#parts = parts;
    const nowMs = parts.kit.clock.nowMs();
    const way = (): Way => ({ bucket: fullBucket(PACE, nowMs), underWay: 0, own: new Map() });
    this.#noted = fullBucket(NOTED_PACE, nowMs);
    this.#ways = { matrix: way(), http: way() };
  }

  /**
   * @param token a signed assertion; it is in no log and on no disk
   * @param presenter the account that presented it in a room; null: it came by HTTP, and lets in whom it names
   */
  async present(token: string, presenter: string | null): Promise<VisitAnswer> {
    const way = this.#ways[presenter === null ? 'http' : 'matrix'];
    if (way.underWay >= MOST_AT_ONCE || !this.#mayTry(way, presenter)) return BUSY;
    way.underWay++;
    try {
      return await this.#present(token, presenter);
    } finally {
      way.underWay--;
    }
  }

  /** One account does not use up what all have. */
  #mayTry(way: Way, presenter: string | null): boolean {
    const nowMs = this.#parts.kit.clock.nowMs();
    if (presenter !== null) {
      if (way.own.size >= MAX_REMEMBERED) way.own.clear();
      const own = takeTokens(way.own.get(presenter) ?? fullBucket(OWN_PACE, nowMs), OWN_PACE, nowMs);
      way.own.set(presenter, own.bucket);
      if (own.waitMs > 0) return false;
    }
    const all = takeTokens(way.bucket, PACE, nowMs);
    way.bucket = all.bucket;
    return all.waitMs === 0;
  }

  async #present(token: string, presenter: string | null): Promise<VisitAnswer> {
    const { authority, visitors } = this.#parts;
    const answer = await authority.admitVisitor(token);
    if (answer.kind === 'unknown') return { kind: 'unknown', text: `Nobody can be let in now. ${answer.text}` };
    if (answer.kind === 'absent') {
      const { code, why, freshness } = answer;
      return this.#mayNote() ? this.#denied(presenter ?? '', code, why, freshness.revision) : refused(code, why);
    }
    const assertion = { ...answer.value, grants: normalGrants(answer.value.grants) };
    const { userId } = assertion;
    const no = (code: string, why: string) => this.#denied(userId, code, why, answer.freshness.revision);
    if (presenter !== null && presenter !== userId) return no('other-account', 'It is for another account than yours.');
    const record = visitors.book.inForce(assertion.agreement);
    if (record === undefined || record.agreement.version !== assertion.version)
      return { kind: 'unknown', text: 'The agreement is just being read. Try again in a moment.' };
    const against = this.#against(userId);
    if (against !== undefined) return no('own-standing', against);
    const open = this.#openTo(record, assertion);
    if (open.length === 0)
      return no('nothing-granted', 'There is no room here that the agreement and your home shard both open to you.');
    return this.#letIn(assertion, record, open, presenter);
  }

  async #letIn(
    assertion: Assertion,
    record: AgreementRecord,
    open: readonly Resource[],
    presenter: string | null,
  ): Promise<VisitAnswer> {
    const { visitors, audit, callBack } = this.#parts;
    const { userId, subject, agreement } = assertion;
    const entry = {
      actor: presenter ?? 'http',
      cause: `agreement ${agreement}@${record.agreement.version}`,
      subject: subjectKey(subject),
      action: 'visitor.admit',
      resource: `shard:${subject.iss}`,
      why: `${userId} comes as a visitor, to ${open.map(({ label }) => label).join(', ')}.`,
      revision: record.revision,
    };
    if (!(await audit.write([{ ...entry, phase: 'intent' }])))
      return { kind: 'unknown', text: 'The audit log cannot be written, so nobody is let in now. Tell an admin.' };
    const begun = await visitors.visits.begin(assertion, record);
    await audit.write([{ ...entry, phase: 'outcome', result: begun === 'begun' ? 'done' : begun }]);
    if (begun === 'used')
      return {
        kind: 'refused',
        code: 'used',
        text: 'This assertion was used already. Get a new one from your home shard.',
      };
    if (begun === 'too-many') return BUSY;
    visitors.begun(userId);
    await callBack(
      userId,
      open.map(({ id }) => id),
    );
    const untilMs = visitors.visits.of(userId).find((visit) => visit.agreement === agreement)?.untilMs ?? 0;
    return { kind: 'admitted', agreement, userId, untilMs, rooms: open.map(({ label }) => label) };
  }

  /** What our own authority says against somebody, whoever vouches for them. */
  #against(userId: string): string | undefined {
    const person = this.#parts.ownMember(userId);
    if (person.kind !== 'found') return undefined;
    const { status } = person.value;
    return SHUT_OUT.has(status) ? `Your membership here is ${status}, and no other shard can change that.` : undefined;
  }

  #openTo({ agreement }: AgreementRecord, { grants }: Assertion): Resource[] {
    const common: readonly Grant[] = commonGrants(agreement.grants, grants);
    const joins = new Set(
      common.flatMap(({ resource, actions }) =>
        actions.includes('channel.join') || actions.includes('space.join') ? [resource] : [],
      ),
    );
    return [...this.#parts.resources()].filter((resource) => joins.has(resource.id) && takesVisitors(resource));
  }

  async #denied(who: string, code: string, why: string, revision: number): Promise<VisitAnswer> {
    const { audit, kit } = this.#parts;
    const unnoted = this.#unnoted;
    this.#unnoted = 0;
    kit.log.info('a visitor was not let in', { cause: code });
    await audit.write([
      {
        phase: 'denied',
        actor: who === '' ? 'http' : who,
        cause: code,
        subject: who,
        action: 'visitor.admit',
        resource: '',
        why: unnoted === 0 ? why : `${why} So were ${unnoted} before that are not noted one by one.`,
        revision,
      },
    ]);
    return refused(code, why);
  }

  #mayNote(): boolean {
    const { bucket, waitMs } = takeTokens(this.#noted, NOTED_PACE, this.#parts.kit.clock.nowMs());
    this.#noted = bucket;
    if (waitMs > 0) this.#unnoted++;
    return waitMs === 0;
  }
}

const refused = (code: string, why: string): VisitAnswer => ({
  kind: 'refused',
  code,
  text: `You are not let in. ${why}`,
});

const SHUT_OUT: ReadonlySet<string> = new Set(['suspended', 'departed', 'expelled', 'hibernating']);
