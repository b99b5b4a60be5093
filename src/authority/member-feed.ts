import { type AuthorityUpdate, type Freshness, type Member, subjectKey } from '../core/authority/member.ts';
import { sameValue } from '../core/authority/same-value.ts';
import type { Unknown } from './unknown.ts';

/**
 * More changes than this at one moment are told as a whole, so that whoever guards against mass removals sees them together:
 * as many as may be removed unasked (core/authority/guard).
 */
export const MAX_SINGLE_CHANGES = 5;

/** Turns whole lists, one after the other, into what changed from each to the next. */
export class MemberFeed {
  readonly #push: (update: AuthorityUpdate) => void;
  #known: ReadonlyMap<string, Member> | undefined;
  #isWell = false;

  constructor(push: (update: AuthorityUpdate) => void) {
    this.#push = push;
  }

  /** @param freshness of the list */
  learned(members: readonly Member[], freshness: Freshness): void {
    // A list of nobody, and the one after it, are told as wholes: one by one nobody could see that it is no list at all.
    const before = this.#isWell && members.length > 0 && this.#known?.size !== 0 ? this.#known : undefined;
    const now = new Map(members.map((member) => [subjectKey(member.subject), member]));
    this.#known = now;
    this.#isWell = true;
    const changed = before === undefined ? [] : difference(before, now);
    if (before === undefined || changed.length > MAX_SINGLE_CHANGES) {
      this.#push({ kind: 'snapshot', snapshot: { members }, freshness });
    } else if (changed.length === 0) this.alive(freshness.asOfMs);
    else {
      for (const [subject, member] of changed) this.#push({ kind: 'member', subject, member, freshness });
    }
  }

  /** What is known grows old; what is learned next is told as a whole. */
  failed(why: Unknown): void {
    this.#isWell = false;
    this.#push(why);
  }

  /** Nothing changed up to this moment. Nothing is said while all is not well. */
  alive(asOfMs: number): void {
    if (this.#isWell) this.#push({ kind: 'heartbeat', asOfMs });
  }
}

type Change = readonly [subject: Member['subject'], member: Member | null];

/** Who left comes first: removals before grants. */
function difference(before: ReadonlyMap<string, Member>, now: ReadonlyMap<string, Member>): Change[] {
  const left = [...before].filter(([key]) => !now.has(key)).map(([, { subject }]): Change => [subject, null]);
  const other = [...now]
    .filter(([key, member]) => !sameValue(before.get(key), member))
    .map(([, member]): Change => [member.subject, member]);
  return [...left, ...other];
}
