import type { Log } from '../ports/log.ts';

/** What can be wrong with a database, worst first; the worst is what people are told. */
const CAUSES = ['lost for good', 'connection', 'space', 'commit'] as const;
export type Cause = (typeof CAUSES)[number];

/** What is wrong with the database now, in sentences; says in the log once when that begins and when it ends. */
export class Health {
  readonly #log: Log;
  readonly #problems = new Map<Cause, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  problem(...causes: readonly Cause[]): string | undefined {
    for (const cause of causes.length === 0 ? CAUSES : causes) {
      const text = this.#problems.get(cause);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  begins(cause: Cause, sentence: string): void {
    const before = this.#problems.get(cause);
    this.#problems.set(cause, sentence);
    if (before !== sentence) this.#log.error(sentence, { cause });
  }

  /** A cause that does not end (`lost for good`) stays. */
  ends(cause: Cause): void {
    if (cause === 'lost for good' || !this.#problems.delete(cause)) return;
    this.#log.info(
      this.#problems.size === 0 ? 'The database takes work again.' : 'One trouble with the database ended.',
      {
        cause,
      },
    );
  }
}
