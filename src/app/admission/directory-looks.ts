import { type AuthorityUpdate, parseSubjectKey } from '../../core/authority/member.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Kit } from '../kit.ts';
import { Backoff } from '../timing/backoff.ts';

/** More people than this are looked at together: a list of everybody, so that whoever guards against mass removals sees them. */
const FEW = 5;
/** Between two looks at everybody, however often that is wanted. */
const WHOLE_PAUSE_MS = 5_000;

export type DirectoryLooksParts = {
  readonly kit: Kit;
  readonly authority: Authority;
  readonly take: (update: AuthorityUpdate) => Promise<void>;
  /** Whether somebody waits for the answer: then it is asked for until it comes. */
  readonly isAwaited: (subject: string) => boolean;
};

/** Asks the authority now, instead of when it would be asked by itself: one question at a time, each person once. */
export class DirectoryLooks {
  readonly #parts: DirectoryLooksParts;
  readonly #wanted = new Set<string>();
  readonly #backoff: Backoff;
  #isWholeWanted = false;
  #wholeAtMs = Number.NEGATIVE_INFINITY;
  #isRunning = false;
  #isStopped = false;

  constructor(parts: DirectoryLooksParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.kit.clock, 500, 15_000);
  }

  /** @param subjects subject keys; none of them: everybody */
  look(subjects: readonly string[]): void {
    for (const subject of subjects) this.#wanted.add(subject);
    if (subjects.length === 0) this.#isWholeWanted = true;
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    this.#run()
      .catch((error: unknown) =>
        this.#parts.kit.log.error('a bug: a look at the authority failed', { error: String(error) }),
      )
      .finally(() => {
        this.#isRunning = false;
      });
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#namesAll && (this.#isWholeWanted || this.#wanted.size > FEW)) {
        if (!(await this.#lookAtAll())) return;
        continue;
      }
      this.#isWholeWanted = false;
      const [next] = this.#wanted;
      if (next === undefined) return;
      this.#wanted.delete(next);
      await this.#lookAt(next);
    }
  }

  async #lookAt(subject: string): Promise<void> {
    const { authority, take, isAwaited, kit } = this.#parts;
    const ref = parseSubjectKey(subject);
    const answer = await authority.member(ref);
    if (answer.kind === 'unknown') {
      kit.log.debug('the authority was asked about somebody and does not say', { why: answer.text });
      if (isAwaited(subject)) kit.clock.after(this.#backoff.nextMs(), () => this.look([subject]));
      return;
    }
    this.#backoff.reset();
    const { freshness } = answer;
    // Who is missing from a list that lost everybody is not gone: the list as a whole is guarded.
    if (answer.kind === 'absent' && this.#namesAll) this.#isWholeWanted = true;
    else await take({ kind: 'member', subject: ref, member: answer.kind === 'found' ? answer.value : null, freshness });
  }

  get #namesAll(): boolean {
    return this.#parts.authority.description.supports.has('snapshot');
  }

  /** Settles everybody who was wanted. @returns false where it is too soon: it comes back by itself */
  async #lookAtAll(): Promise<boolean> {
    const { authority, take, isAwaited, kit } = this.#parts;
    const leftMs = this.#wholeAtMs + WHOLE_PAUSE_MS - kit.clock.nowMs();
    if (leftMs > 0) {
      kit.clock.after(leftMs, () => this.look([]));
      return false;
    }
    this.#wholeAtMs = kit.clock.nowMs();
    this.#isWholeWanted = false;
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    const all = await authority.snapshot();
    if (all.kind === 'found') await take({ kind: 'snapshot', snapshot: all.value, freshness: all.freshness });
    else for (const subject of wanted) if (isAwaited(subject)) this.#wanted.add(subject);
    return true;
  }
}
