import { type Assertion, serverOf } from '../../core/authority/agreement.ts';
import { commonGrants, isLive, type Visit } from '../../core/authority/visit.ts';
import type { Kit } from '../kit.ts';
import type { AgreementRecord } from './agreement-book.ts';

/** That somebody was a visitor is remembered for so long: it is what they are put out for, whenever a room can be reached again. */
const REMEMBER_MS = 30 * 86_400_000;
/** Assertions of one agreement that are remembered at the same time, each until it is over. */
const MAX_USED = 20_000;
const MAX_VISITS = 50_000;

export type Begun = 'begun' | 'used' | 'too-many';

/** People of other shards who are here for a while, and those who were. */
export class Visits {
  readonly #kit: Kit;
  /** By Matrix id, then by agreement. */
  readonly #visits = new Map<string, Map<string, Visit>>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  async load(): Promise<void> {
    const { db, stores, clock } = this.#kit;
    const rows = await db.transaction(async (sql) => {
      await stores.visitor.prune(sql, clock.nowMs() - REMEMBER_MS);
      return stores.visitor.visits(sql);
    });
    for (const { json } of rows) this.#remember(JSON.parse(json) as Visit);
  }

  of(userId: string): readonly Visit[] {
    return [...(this.#visits.get(userId)?.values() ?? [])];
  }

  has(userId: string): boolean {
    return this.#visits.has(userId);
  }

  *all(): Iterable<Visit> {
    for (const own of this.#visits.values()) yield* own.values();
  }

  live(): readonly Visit[] {
    const nowMs = this.#kit.clock.nowMs();
    return [...this.all()].filter((visit) => isLive(visit, nowMs));
  }

  /** When a visit next ends by itself, after `nowMs`. */
  nextEndMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const { untilMs, endedMs } of this.all())
      if (endedMs === undefined && untilMs > nowMs && (next === undefined || untilMs < next)) next = untilMs;
    return next;
  }

  /** Somebody comes with an assertion that was verified: it is used up and they are here, in one commit. */
  async begin(assertion: Assertion, { agreement, revision }: AgreementRecord): Promise<Begun> {
    const { db, stores, clock } = this.#kit;
    const nowMs = clock.nowMs();
    const { userId, subject, jti, untilMs } = assertion;
    if (this.#visits.size >= MAX_VISITS && !this.has(userId)) return 'too-many';
    const visit: Visit = {
      agreement: agreement.id,
      version: agreement.version,
      subject,
      userId,
      grants: commonGrants(agreement.grants, assertion.grants),
      beganMs: nowMs,
      untilMs: Math.min(untilMs, agreement.notAfterMs ?? untilMs),
      revision,
    };
    const use = { agreement: agreement.id, issuer: subject.iss, jti, untilMs };
    const answer = await db.transaction(async (sql) => {
      const used = await stores.visitor.use(sql, use, nowMs, MAX_USED);
      if (used === 'first') await stores.visitor.put(sql, [rowOf(visit)]);
      return used;
    });
    if (answer !== 'first') return answer;
    this.#remember(visit);
    return 'begun';
  }

  /** Visits under an agreement end, for good: no later version of it brings them back. @returns whose */
  end(ends: (visit: Visit) => boolean): Visit[] {
    const nowMs = this.#kit.clock.nowMs();
    const ended = [...this.all()]
      .filter((visit) => isLive(visit, nowMs) && ends(visit))
      .map((visit) => ({ ...visit, endedMs: nowMs }));
    for (const visit of ended) this.#remember(visit);
    return ended;
  }

  async save(visits: readonly Visit[]): Promise<void> {
    const { db, stores, clock } = this.#kit;
    const beforeMs = clock.nowMs() - REMEMBER_MS;
    for (const visit of [...this.all()].filter((one) => overMs(one) < beforeMs)) this.#forget(visit);
    await db.transaction(async (sql) => {
      await stores.visitor.put(sql, visits.map(rowOf));
      await stores.visitor.prune(sql, beforeMs);
    });
  }

  /** Accounts of one homeserver that are or were visitors. */
  accountsOf(homeserver: string): string[] {
    return [...this.#visits.keys()].filter((userId) => serverOf(userId) === homeserver);
  }

  #remember(visit: Visit): void {
    const own = this.#visits.get(visit.userId) ?? new Map<string, Visit>();
    this.#visits.set(visit.userId, own.set(visit.agreement, visit));
  }

  #forget({ userId, agreement }: Visit): void {
    const own = this.#visits.get(userId);
    own?.delete(agreement);
    if (own?.size === 0) this.#visits.delete(userId);
  }
}

const overMs = ({ untilMs, endedMs }: Visit): number => endedMs ?? untilMs;
const rowOf = (visit: Visit) => ({
  agreement: visit.agreement,
  userId: visit.userId,
  json: JSON.stringify(visit),
  overMs: overMs(visit),
});
