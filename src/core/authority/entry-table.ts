import { HandleIndex } from './handle-index.ts';
import type { Freshness, Handle, Member } from './member.ts';

/** Handles that somebody had before the authority dropped them, and of which revision that is. */
export type Former = { readonly revision: number; readonly handles: readonly Handle[] };
/** What is known of one subject. `member` null: that there is none. */
export type Entry = { readonly member: Member | null; readonly freshness: Freshness; readonly former?: Former };

/** Subjects that are remembered as gone; of older ones only a snapshot says it. */
const MAX_ABSENT = 20_000;

/** What is known of each subject, by its key, and with it whose handle is whose. */
export class EntryTable {
  readonly handles = new HandleIndex();
  readonly #entries = new Map<string, Entry>();
  readonly #absent = new Set<string>();

  /** How many there are who are members. */
  get present(): number {
    return this.#entries.size - this.#absent.size;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  all(): IterableIterator<[string, Entry]> {
    return this.#entries.entries();
  }

  put(key: string, entry: Entry): void {
    this.#release(key);
    this.#absent.delete(key);
    for (const handle of entry.member?.handles ?? []) this.handles.claim(key, handle);
    for (const handle of entry.former?.handles ?? []) this.handles.remember(key, handle);
    this.#entries.set(key, entry);
    if (entry.member === null) this.#rememberAbsent(key);
  }

  /** The same was said again. */
  refresh(key: string, entry: Entry, freshness: Freshness): void {
    this.#entries.set(key, { ...entry, freshness });
  }

  delete(key: string): void {
    this.#release(key);
    this.#absent.delete(key);
    this.#entries.delete(key);
  }

  /** Whether of two subjects that both had a handle the first had it later. */
  readonly hadLater = (one: string, other: string): boolean => {
    const [a = 0, b = 0] = [one, other].map((key) => this.#entries.get(key)?.former?.revision);
    return a === b ? one > other : a > b;
  };

  #release(key: string): void {
    const entry = this.#entries.get(key);
    for (const handle of entry?.member?.handles ?? []) this.handles.release(key, handle);
    for (const handle of entry?.former?.handles ?? []) this.handles.forget(key, handle);
  }

  #rememberAbsent(key: string): void {
    this.#absent.add(key);
    const [oldest] = this.#absent.size > MAX_ABSENT ? this.#absent : [];
    if (oldest !== undefined) this.delete(oldest);
  }
}
