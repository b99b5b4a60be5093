import type { Resource } from '../../core/authority/access.ts';
import { type Agreement, type Grant, type OwnShard, serverOf } from '../../core/authority/agreement.ts';
import type { At } from '../../core/authority/at.ts';
import type { Freshness } from '../../core/authority/member.ts';
import type { Standing } from '../../core/authority/standing.ts';
import { effectiveActions, endedStanding, isLive, type Visit, visitStanding } from '../../core/authority/visit.ts';
import type { VisitGrounds } from '../admission/admission.ts';
import { normalResource } from '../admission/resources.ts';
import type { Kit } from '../kit.ts';
import { atMoment } from '../timing/alarm.ts';
import { AgreementBook, type AgreementRecord } from './agreement-book.ts';
import { Visits } from './visits.ts';

export type VisitorsParts = {
  readonly kit: Kit;
  readonly own: OwnShard;
  /** Homeservers that take part without an agreement. */
  readonly ownServers: () => readonly string[];
  /** These servers are in force from now on: rooms have to list them. */
  readonly onServers: (cause: string) => void;
  /** Of these Matrix ids something is different. */
  readonly onPeople: (userIds: readonly string[], cause: string) => void;
  /** These agreements ended: nothing is relayed any more for their people, and the rest has to follow. */
  readonly onEnded: (ids: readonly string[]) => void;
};

/** People of other shards: by which agreements they are here, and what follows from that for each, now. */
export class Visitors implements VisitGrounds {
  readonly book: AgreementBook;
  readonly visits: Visits;
  readonly #parts: VisitorsParts;
  #cancel = (): void => {};
  /** What ended by the clock up to this moment was told. */
  #endedUntilMs: number;

  constructor(parts: VisitorsParts) {
    this.#parts = parts;
    this.#endedUntilMs = parts.kit.clock.nowMs();
    this.book = new AgreementBook(parts.kit, parts.own);
    this.visits = new Visits(parts.kit);
  }

  /** Takes up what an earlier process knew. What was decided meanwhile is found when the authority is heard. */
  async load(): Promise<void> {
    await this.book.load();
    await this.visits.load();
    this.book.settle();
    await this.#endOverdue();
  }

  start(): void {
    this.#planNext();
    const unfinished = this.book.all().filter(({ ending }) => ending !== undefined && ending.stage !== 'told');
    if (unfinished.length > 0) this.#parts.onEnded(unfinished.map(({ agreement }) => agreement.id));
  }

  stop(): void {
    this.#cancel();
  }

  /** Homeservers of agreements in force. */
  servers = (): readonly string[] => this.book.servers();

  /** What the authority says of agreements; from the first line on nobody is admitted and relayed who should not be. */
  async learned(agreements: readonly Agreement[], { revision }: Freshness): Promise<void> {
    const narrowed = this.visits.live();
    const { ended, isNews } = this.book.learned(agreements.map(normalAgreement), revision);
    if (!isNews) return;
    const over = this.#endVisits();
    const cause = `agreements@${revision}`;
    if (ended.length > 0) this.#parts.onEnded(ended);
    this.#parts.onServers(cause);
    const people = new Set([...narrowed, ...over].map(({ userId }) => userId));
    if (people.size > 0) this.#parts.onPeople([...people], cause);
    this.#planNext();
    await this.book.save();
    await this.visits.save(over);
  }

  /** Somebody was let in; the agreement may have ended while that was written down. */
  begun(userId: string): void {
    const over = this.#endVisits();
    if (over.length > 0) this.#store(over);
    this.#planNext();
    this.#parts.onPeople([userId], `visit ${userId}`);
  }

  /** Ids of everybody for whom something follows from having been a visitor of an agreement, or from being of its server. */
  peopleOf({ agreement }: AgreementRecord, present: Iterable<string>): string[] {
    const { homeserver } = agreement.peer;
    const there = [...present].filter((userId) => serverOf(userId) === homeserver);
    return [...new Set([...this.visits.accountsOf(homeserver), ...there])];
  }

  standingIn(userId: string, resource: Resource, at: At): Standing | undefined {
    // Ten thousand members are no visitors.
    if (!this.visits.has(userId) && serverOf(userId) === this.#parts.own.homeserver) return undefined;
    const visits = this.visits.of(userId);
    const live = visits.filter((visit) => isLive(visit, at.nowMs));
    const standings = live.flatMap((visit) => this.#standing(visit, resource, at) ?? []);
    const best = standings.find(({ speaks }) => speaks) ?? standings[0];
    if (best !== undefined) return best;
    const ended = this.#ended(userId, visits);
    // Somebody whose visit goes on elsewhere is a stranger here.
    return ended === undefined || (live.length > 0 && ended.code === 'visit-ended') ? undefined : ended;
  }

  isKnown(userId: string): boolean {
    return this.visits.has(userId) || this.#endedServer(userId) !== undefined;
  }

  *userIds(): Iterable<string> {
    for (const { userId } of this.visits.live()) yield userId;
  }

  subjectOf(userId: string): Visit['subject'] | undefined {
    return this.visits.of(userId).at(-1)?.subject;
  }

  endedOrigin(origin: string): string | undefined {
    return this.book.endedOrigin(origin)?.ending?.why;
  }

  /** What a visit allows now, resource by resource. */
  actionsOf(visit: Visit, resources: Iterable<Resource>): readonly Grant[] {
    const record = this.book.inForce(visit.agreement);
    if (record === undefined) return [];
    return [...resources].flatMap((resource) => {
      const actions = [...effectiveActions(visit, record.agreement, resource)];
      return actions.length === 0 ? [] : [{ resource: resource.id, actions }];
    });
  }

  #standing(visit: Visit, resource: Resource, at: At): Standing | undefined {
    const record = this.book.inForce(visit.agreement);
    return record === undefined || record.agreement.version !== visit.version
      ? undefined
      : visitStanding(visit, record.agreement, resource, at);
  }

  #ended(userId: string, visits: readonly Visit[]): Standing | undefined {
    const server = this.#endedServer(userId);
    const record = server ?? visits.map(({ agreement }) => this.book.get(agreement)).find((one) => one?.ending);
    if (record?.ending !== undefined) {
      const { stage, why } = record.ending;
      // Whose server is in for another reason may still come through an open door.
      const code = server === undefined ? 'visit-ended' : record.ending.code;
      return endedStanding({ code, isCut: stage === 'cut', why, revision: record.revision });
    }
    const last = visits.at(-1);
    if (last === undefined) return undefined;
    const why = 'Your visit is over. Get a new assertion from your home shard, and present it to the bot in private.';
    return endedStanding({ code: 'visit-ended', isCut: false, why, revision: last.revision });
  }

  /** The ended agreement by which the server of an account could take part, unless it can for another reason. */
  #endedServer(userId: string): AgreementRecord | undefined {
    const server = serverOf(userId);
    const record = this.book.endedWith(server);
    if (record === undefined || this.#parts.ownServers().includes(server)) return undefined;
    return this.book.servers().includes(server) ? undefined : record;
  }

  /** Ends what rests on an agreement that is not in force, or on another version of one. */
  #endVisits(): Visit[] {
    return this.visits.end(({ agreement, version }) => this.book.inForce(agreement)?.agreement.version !== version);
  }

  async #endOverdue(): Promise<void> {
    await this.visits.save(this.#endVisits());
    await this.book.save();
  }

  /** Visits and agreements end by the clock, with the authority down too. */
  #planNext(): void {
    this.#cancel();
    // From where they were last ended: what is due is not passed over by whoever plans anew before its timer ran.
    const ends = [this.visits.nextEndMs(this.#endedUntilMs), this.book.nextEndMs(this.#endedUntilMs)];
    const known = ends.filter((end) => end !== undefined);
    if (known.length === 0) return;
    const nextMs = Math.min(...known);
    this.#cancel = atMoment(this.#parts.kit.clock, nextMs, (nowMs) => {
      this.#endedUntilMs = nowMs;
      this.#timePassed(nextMs);
      this.#planNext();
    });
  }

  #timePassed(sinceMs: number): void {
    const { kit, onEnded, onServers, onPeople } = this.#parts;
    const ended = this.book.settle();
    const over = this.#endVisits();
    const nowMs = kit.clock.nowMs();
    const expired = [...this.visits.all()].filter(({ untilMs }) => untilMs >= sinceMs && untilMs <= nowMs);
    if (ended.length > 0) {
      onEnded(ended);
      onServers('timer');
    }
    onPeople([...new Set([...over, ...expired].map(({ userId }) => userId))], 'timer');
    this.#store(over);
  }

  #store(over: readonly Visit[]): void {
    const saved = this.book.save().then(() => this.visits.save(over));
    saved.catch((error: unknown) =>
      this.#parts.kit.log.warn('the end of visits was not stored', { error: String(error) }),
    );
  }
}

/** Names of channels compare without case. */
const normalAgreement = (agreement: Agreement): Agreement => ({ ...agreement, grants: normalGrants(agreement.grants) });

export const normalGrants = (grants: readonly Grant[]): readonly Grant[] =>
  grants.map(({ resource, actions }) => ({ resource: normalResource(resource), actions }));
