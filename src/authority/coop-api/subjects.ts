import { type SubjectRef, subjectKey } from '../../core/authority/member.ts';

/** Whom to ask about, and a bell for whoever waits for somebody new. */
export class Subjects {
  #all: ReadonlyMap<string, SubjectRef> = new Map();
  #bell = new AbortController();

  replace(subjects: readonly SubjectRef[]): void {
    const before = this.#all;
    this.#all = new Map(subjects.map((subject) => [subjectKey(subject), subject]));
    if ([...this.#all.keys()].every((key) => before.has(key))) return;
    this.#bell.abort();
    this.#bell = new AbortController();
  }

  get all(): readonly SubjectRef[] {
    return [...this.#all.values()];
  }

  has(key: string): boolean {
    return this.#all.has(key);
  }

  /** Raised at the next new subject. */
  get newcomer(): AbortSignal {
    return this.#bell.signal;
  }
}
