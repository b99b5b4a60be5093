import { givenToSeveral, namedTwice, namesNobody, notExplained } from './directory-alerts.ts';
import { type DirectoryRow, isDirectoryRow, type StoredRecord, toRecord } from './directory-rows.ts';
import { type Entry, EntryTable, type Former } from './entry-table.ts';
import {
  type AuthorityUpdate,
  type Freshness,
  type Handle,
  handleKey,
  type Lookup,
  type Member,
  parseSubjectKey,
  type Snapshot,
  type SubjectRef,
  subjectKey,
  type UnknownReason,
} from './member.ts';
import { sameValue } from './same-value.ts';

export type Applied = {
  /** Subject keys of whom something is different from before; each once. */
  readonly changed: readonly string[];
  /** Sentences for an admin. */
  readonly alerts: readonly string[];
  /** Handles that may be somebody else's than before, or nobody's. */
  readonly touched: readonly Handle[];
};

type Unknown = { readonly reason: UnknownReason; readonly text: string };
type Changes = { readonly changed: Set<string>; readonly alerts: string[]; readonly touched: Map<string, Handle> };

const NOT_HEARD: Unknown = { reason: 'unreachable', text: 'The authority was not heard yet, so nobody is known.' };

/**
 * What the authority has said, and nothing else: who is a member and whose handle is whose, with how fresh that is. In
 * whatever order and how often changes come, what is newest of each subject counts. One change costs the same with
 * ten members and ten thousand.
 */
export class Directory {
  readonly #entries = new EntryTable();
  /** Of the newest snapshot: whoever it did not name was absent by then. */
  #complete: Freshness | undefined;
  #asOfMs: number | undefined;
  #lastSnapshotWasEmpty = false;
  /** Until the next snapshot, what is known may not be what the authority says: it grows old, whatever is alive. */
  #mayLack = false;
  #silence: Unknown = NOT_HEARD;

  /** When the authority last said how everything is, or that nothing changed; milliseconds since 1970. */
  get asOfMs(): number | undefined {
    return this.#asOfMs;
  }

  /** Whether it ever named everybody. */
  get isComplete(): boolean {
    return this.#complete !== undefined;
  }

  /** Whether it last named nobody at all: then nothing may be taken from that without a person's word. */
  get lastSnapshotWasEmpty(): boolean {
    return this.#lastSnapshotWasEmpty;
  }

  apply(update: AuthorityUpdate): Applied {
    const changes: Changes = { changed: new Set(), alerts: [], touched: new Map() };
    if (update.kind === 'member') this.#take(subjectKey(update.subject), update.member, update.freshness, changes);
    else if (update.kind === 'snapshot') this.#takeAll(update.snapshot, update.freshness, changes);
    // An authority that cannot name everybody has nothing to catch up with but its next answers.
    else if (update.kind === 'gap') this.#mayLack = this.isComplete;
    else if (update.kind === 'heartbeat' && !this.#mayLack) this.#heardAt(update.asOfMs);
    else if (update.kind === 'unknown') this.#silence = { reason: update.reason, text: update.text };
    this.#tellConflicts(changes);
    return { changed: [...changes.changed], alerts: changes.alerts, touched: [...changes.touched.values()] };
  }

  /** @param key subject key */
  member(key: string): Lookup<Member> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#stranger();
    const freshness = this.#current(entry.freshness);
    return entry.member === null ? { kind: 'absent', freshness } : { kind: 'found', value: entry.member, freshness };
  }

  /** Whose handle it is. `found` also for somebody who is gone: {@link member} then says so. */
  resolve(handle: Handle): Lookup<SubjectRef> {
    const owner = this.#entries.handles.ownerOf(handle, this.#entries.hadLater);
    if (owner.kind === 'several')
      return { kind: 'unknown', reason: 'ambiguous', text: givenToSeveral(handle, owner.subjects) };
    if (owner.kind === 'nobody') return this.#stranger();
    const freshness = this.#entries.get(owner.subject)?.freshness ?? this.#complete;
    if (freshness === undefined) return { kind: 'unknown', ...this.#silence };
    return { kind: 'found', value: parseSubjectKey(owner.subject), freshness: this.#current(freshness) };
  }

  *members(): Iterable<Member> {
    for (const [, { member }] of this.#entries.all()) if (member !== null) yield member;
  }

  /** Handles of a subject: those that the authority gives, or gave to somebody who is gone, and those linked by proof. */
  handlesOf(key: string): readonly Handle[] {
    const entry = this.#entries.get(key);
    return [...(entry?.member?.handles ?? entry?.former?.handles ?? []), ...this.#entries.handles.linkedTo(key)];
  }

  /** Handles that were proven to be somebody's, all of them. What the authority itself says of a handle comes first. */
  setLinks(links: Iterable<{ readonly handle: Handle; readonly subject: SubjectRef }>): void {
    this.#entries.handles.setLinks([...links].map(({ handle, subject }) => ({ handle, subject: subjectKey(subject) })));
  }

  /** What a store keeps of a subject; undefined where nothing is known. */
  row(subject: string): DirectoryRow | undefined {
    const known = this.member(subject);
    if (known.kind === 'unknown') return undefined;
    const { revision, asOfMs } = known.freshness;
    if (known.kind === 'found') return { subject, member: known.value, revision, asOfMs };
    const { former } = this.#entries.get(subject) ?? {};
    const had = former === undefined ? {} : { formerHandles: former.handles, formerRevision: former.revision };
    return { subject, member: null, revision, asOfMs, ...had };
  }

  /**
   * Takes up what an earlier process knew. Whatever was there is forgotten.
   * @param rows one for each subject
   * @returns false, and nothing is known then, where a row is not one: half a directory would make strangers of members
   */
  restoreFrom(
    rows: Iterable<DirectoryRow>,
    known: { readonly asOfMs: number | null; readonly isComplete: boolean },
  ): boolean {
    const all = [...rows];
    const isWhole = all.every(isDirectoryRow);
    const entries = isWhole ? all.map(toRecord) : [];
    const revision = entries.reduce((most, { freshness }) => Math.max(most, freshness.revision), 0);
    const asOfMs = isWhole ? (known.asOfMs ?? undefined) : undefined;
    const isComplete = asOfMs !== undefined && known.isComplete;
    this.#refill(entries, asOfMs, isComplete ? { asOfMs, revision, via: 'cache' } : undefined);
    return isWhole;
  }

  #refill(entries: readonly StoredRecord[], asOfMs: number | undefined, complete: Freshness | undefined): void {
    for (const [key] of this.#entries.all()) this.#entries.delete(key);
    for (const { subject, ...entry } of entries)
      this.#entries.put(subject, { ...entry, freshness: { ...entry.freshness, via: 'cache' } });
    this.#asOfMs = asOfMs;
    this.#complete = complete === undefined ? undefined : { ...complete, via: 'cache' };
  }

  #takeAll({ members }: Snapshot, freshness: Freshness, changes: Changes): void {
    this.#lastSnapshotWasEmpty = members.length === 0;
    if (members.length === 0) {
      const known = this.#entries.present;
      changes.alerts.push(namesNobody(known));
      this.#mayLack = known > 0;
      if (known > 0) return;
    }
    this.#mayLack = false;
    const named = new Set<string>();
    for (const member of members) {
      const key = subjectKey(member.subject);
      if (named.has(key)) changes.alerts.push(namedTwice(key));
      else this.#take(key, member, freshness, changes, true);
      named.add(key);
    }
    for (const [key] of this.#entries.all()) if (!named.has(key)) this.#take(key, null, freshness, changes, true);
    this.#heardAt(freshness.asOfMs);
    const isNewest =
      this.#complete === undefined || isOld(this.#complete) || this.#complete.revision <= freshness.revision;
    if (isNewest) this.#complete = freshness;
  }

  #take(key: string, member: Member | null, freshness: Freshness, changes: Changes, inSnapshot = false): void {
    const known = this.#entries.get(key);
    const before = known ?? this.#implied();
    // The first snapshot after a restart is the truth, however its authority counts since.
    const isNews =
      before === undefined || freshness.revision > before.freshness.revision || (inSnapshot && isOld(before.freshness));
    if (!isNews) {
      this.#takeOld(key, known, before, member, freshness);
      return;
    }
    const isSame = before !== undefined && sameValue(before.member, member);
    if (isSame && known !== undefined) {
      this.#entries.refresh(key, known, freshness);
      return;
    }
    const former = member === null ? formerOf(before) : undefined;
    this.#entries.put(key, { member, freshness, ...(former !== undefined && { former }) });
    if (isSame) return;
    changes.changed.add(key);
    this.#touch(before?.member?.handles ?? [], changes);
    this.#touch(member?.handles ?? [], changes);
    if (member?.status === 'unmapped' && before?.member?.statusText !== member.statusText)
      changes.alerts.push(notExplained(member));
  }

  /** What is older changes nothing, except that it tells which handles somebody had who is gone, or confirms what is known. */
  #takeOld(key: string, known: Entry | undefined, before: Entry, member: Member | null, freshness: Freshness): void {
    const isSame = freshness.revision === before.freshness.revision && freshness.asOfMs > before.freshness.asOfMs;
    const isMemory =
      member !== null &&
      before.member === null &&
      freshness.revision > (before.former?.revision ?? Number.NEGATIVE_INFINITY);
    if (known !== undefined && !isSame && !isMemory) return;
    this.#entries.put(key, {
      ...before,
      ...(isSame && { freshness }),
      ...(isMemory && { former: { revision: freshness.revision, handles: member.handles } }),
    });
  }

  /** Handles change owners: that concerns everybody who claims them. */
  #touch(handles: readonly Handle[], { changed, touched }: Changes): void {
    for (const handle of handles) {
      touched.set(handleKey(handle), handle);
      for (const subject of this.#entries.handles.claimants(handle)) changed.add(subject);
    }
  }

  #tellConflicts({ touched, alerts }: Changes): void {
    for (const handle of touched.values()) {
      const claimants = this.#entries.handles.claimants(handle);
      if (claimants.length > 1) alerts.push(givenToSeveral(handle, claimants));
    }
  }

  /** What the newest snapshot says of somebody whom it did not name. */
  #implied(): Entry | undefined {
    const complete = this.#complete;
    return complete === undefined || isOld(complete) ? undefined : { member: null, freshness: complete };
  }

  #stranger(): Lookup<never> {
    if (this.#complete === undefined) return { kind: 'unknown', ...this.#silence };
    return { kind: 'absent', freshness: this.#current(this.#complete), stranger: true };
  }

  #current(freshness: Freshness): Freshness {
    return this.#asOfMs === undefined || this.#asOfMs <= freshness.asOfMs
      ? freshness
      : { ...freshness, asOfMs: this.#asOfMs };
  }

  #heardAt(asOfMs: number): void {
    this.#asOfMs = Math.max(this.#asOfMs ?? asOfMs, asOfMs);
  }
}

/** Known from an earlier process. */
const isOld = ({ via }: Freshness): boolean => via === 'cache';

const formerOf = (before: Entry | undefined): Former | undefined =>
  before === undefined || before.member === null
    ? before?.former
    : { revision: before.freshness.revision, handles: before.member.handles };
