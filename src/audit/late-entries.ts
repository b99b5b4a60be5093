import type { Fields } from '../core/authority/audit-chain.ts';

/** What was to be written, and when. */
export type Pending = { readonly fields: Fields; readonly ts: string };

/** Entries, and how many more there were. */
export type Taken = { readonly entries: readonly Pending[]; readonly lost: number };

const MAX_LATE = 10_000;

/** Actions that give somebody something. While the log cannot be written they are not done, so there is nothing to tell later. */
const GRANTS: ReadonlySet<unknown> = new Set([
  'admit',
  'invite',
  'join',
  'unban',
  'link',
  'space.child',
  'irc.invite',
  'irc.unban',
  'irc.voice',
  'irc.op',
]);

/**
 * What happened to people while the log could not be written: it is written as soon as it can be, with the time at which
 * it happened. Intents to let somebody in and refusals are only counted: the first were not carried out, and of the
 * second a stranger can cause as many as they like.
 */
export class LateEntries {
  readonly #kept = new Map<string, Pending>();
  #lost = 0;

  get size(): number {
    return this.#kept.size;
  }

  add(pending: readonly Pending[]): void {
    for (const one of pending) {
      const { phase, action } = one.fields;
      if (phase === 'denied' || (phase === 'intent' && GRANTS.has(action))) this.#lost++;
      else this.#keep(one);
    }
  }

  /** Everything kept, oldest first; the caller puts back what it cannot write. */
  take(): Taken {
    const taken = { entries: [...this.#kept.values()], lost: this.#lost };
    this.#kept.clear();
    this.#lost = 0;
    return taken;
  }

  putBack(taken: Taken): void {
    const newer = [...this.#kept.values()];
    this.#kept.clear();
    this.#lost += taken.lost;
    for (const one of [...taken.entries, ...newer]) this.#keep(one);
  }

  #keep(one: Pending): void {
    // What is tried again and again is told once: as it first was.
    const key = JSON.stringify(one.fields);
    if (this.#kept.has(key)) return;
    if (this.#kept.size >= MAX_LATE) this.#lost++;
    else this.#kept.set(key, one);
  }
}
