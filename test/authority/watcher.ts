import { isDeepStrictEqual } from 'node:util';
import {
  type AuthorityUpdate,
  handleKey,
  type Member,
  type SubjectRef,
  subjectKey,
} from '../../src/core/authority/member.ts';
import type { Authority } from '../../src/ports/authority.ts';
import { waitUntil } from '../servers/people.ts';

/** Members in an order that means nothing, so that they can be compared. */
export const normal = (members: readonly Member[]): Member[] =>
  members
    .map((member) => ({
      ...member,
      seats: [...member.seats].sort((a, b) => (a.group < b.group ? -1 : 1)),
      roles: [...member.roles].sort((a, b) => (a.role < b.role ? -1 : 1)),
      handles: [...member.handles].sort((a, b) => (handleKey(a) < handleKey(b) ? -1 : 1)),
    }))
    .sort((a, b) => (subjectKey(a.subject) < subjectKey(b.subject) ? -1 : 1));

/** Listens to an authority as the bridge does: keeps who is there, reads again after a `gap`. */
export class Watcher {
  readonly updates: AuthorityUpdate[] = [];
  readonly removed: SubjectRef[] = [];
  /** `subject: from → to` */
  readonly revisionsThatFell: string[] = [];
  onUpdate: (update: AuthorityUpdate) => void = () => {};
  readonly #members = new Map<string, Member>();
  readonly #revisions = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(authority: Authority) {
    this.#done = this.#listen(authority);
  }

  get members(): Member[] {
    return [...this.#members.values()];
  }

  member(sub: string): Member | undefined {
    return this.members.find((member) => member.subject.sub === sub);
  }

  /** Resolves when exactly these are there. */
  async shows(members: readonly Member[], timeoutMs = 15_000): Promise<void> {
    const wanted = normal(members);
    const look = (): boolean => isDeepStrictEqual(normal(this.members), wanted);
    await waitUntil(look, { timeoutMs, what: JSON.stringify(wanted) }).catch((error: Error) => {
      const last = this.updates.slice(-3).map((update) => JSON.stringify(update).slice(0, 600));
      throw new Error(`${error.message}\nThere are ${JSON.stringify(normal(this.members))}\nLast: ${last.join('\n')}`);
    });
  }

  /** The first update from this place on that fits. */
  async next(from: number, fits: (update: AuthorityUpdate) => boolean): Promise<AuthorityUpdate> {
    return waitUntil(() => this.updates.slice(from).find(fits), { timeoutMs: 30_000, what: 'an update' });
  }

  /** Raises the signal and waits for the end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    let isOver = false;
    void this.#done.then(() => {
      isOver = true;
    });
    await waitUntil(() => isOver, { timeoutMs: 5_000, what: 'the watch to end' });
  }

  async #listen(authority: Authority): Promise<void> {
    for await (const update of authority.watch(this.#stop.signal)) {
      this.updates.push(update);
      await this.#apply(update, authority);
      this.onUpdate(update);
    }
  }

  async #apply(update: AuthorityUpdate, authority: Authority): Promise<void> {
    if (update.kind === 'gap') {
      const all = await authority.snapshot();
      if (all.kind === 'found') this.#whole(all.value.members, all.freshness.revision);
    }
    if (update.kind === 'snapshot') this.#whole(update.snapshot.members, update.freshness.revision);
    if (update.kind !== 'member') return;
    const key = subjectKey(update.subject);
    this.#grew(key, update.freshness.revision);
    if (update.member !== null) this.#members.set(key, update.member);
    else if (this.#members.delete(key)) this.removed.push(update.subject);
  }

  #whole(members: readonly Member[], revision: number): void {
    const now = new Map(members.map((member) => [subjectKey(member.subject), member]));
    for (const [key, { subject }] of this.#members) if (!now.has(key)) this.removed.push(subject);
    this.#members.clear();
    for (const [key, member] of now) {
      this.#members.set(key, member);
      this.#grew(key, revision);
    }
  }

  #grew(key: string, revision: number): void {
    const before = this.#revisions.get(key) ?? 0;
    if (revision < before) this.revisionsThatFell.push(`${key}: ${before} → ${revision}`);
    this.#revisions.set(key, revision);
  }
}
