import { type Handle, handleKey } from './member.ts';

/** What is known of a handle's owner. `former`: of somebody whom the authority no longer has. */
export type Owner =
  | { readonly kind: 'one' | 'former'; readonly subject: string }
  | { readonly kind: 'several'; readonly subjects: readonly string[] }
  | { readonly kind: 'nobody' };

const NOBODY: Owner = { kind: 'nobody' };
const NONE: readonly string[] = [];

/**
 * Capitals of an account are folded as every case mapping folds them. What a mapping folds besides (`[` and `{`) is
 * the caller's: folding too much here would make two people's accounts one.
 */
const canonicalHandle = (handle: Handle): Handle =>
  handle.kind === 'irc-account'
    ? { ...handle, value: handle.value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) }
    : handle;

const keyOf = (handle: Handle): string => handleKey(canonicalHandle(handle));

/** Whose handle is whose. A handle that two people claim is nobody's; what the authority gives comes before proofs. */
export class HandleIndex {
  readonly #claims = new Map<string, readonly string[]>();
  readonly #formers = new Map<string, readonly string[]>();
  #links = new Map<string, string>();
  #linked = new Map<string, readonly Handle[]>();

  claim(subject: string, handle: Handle): void {
    if (handle.value !== '') add(this.#claims, keyOf(handle), subject);
  }

  release(subject: string, handle: Handle): void {
    remove(this.#claims, keyOf(handle), subject);
  }

  remember(subject: string, handle: Handle): void {
    if (handle.value !== '') add(this.#formers, keyOf(handle), subject);
  }

  forget(subject: string, handle: Handle): void {
    remove(this.#formers, keyOf(handle), subject);
  }

  setLinks(links: Iterable<{ readonly handle: Handle; readonly subject: string }>): void {
    this.#links = new Map();
    this.#linked = new Map();
    for (const { handle, subject } of links) {
      if (handle.value === '') continue;
      this.#links.set(keyOf(handle), subject);
      this.#linked.set(subject, [...(this.#linked.get(subject) ?? []), handle]);
    }
  }

  /** Handles that a subject holds by proof. */
  linkedTo(subject: string): readonly Handle[] {
    return this.#linked.get(subject) ?? [];
  }

  claimants(handle: Handle): readonly string[] {
    return this.#claims.get(keyOf(handle)) ?? NONE;
  }

  /** @param isNewer of two subjects that both had a handle: whether the first had it later */
  ownerOf(handle: Handle, isNewer: (subject: string, other: string) => boolean): Owner {
    const key = keyOf(handle);
    const claimants = this.#claims.get(key) ?? NONE;
    const [only] = claimants;
    if (claimants.length > 1) return { kind: 'several', subjects: claimants };
    const subject = only ?? this.#links.get(key);
    if (subject !== undefined) return { kind: 'one', subject };
    let last: string | undefined;
    for (const former of this.#formers.get(key) ?? NONE) if (last === undefined || isNewer(former, last)) last = former;
    return last === undefined ? NOBODY : { kind: 'former', subject: last };
  }
}

function add(lists: Map<string, readonly string[]>, key: string, subject: string): void {
  const list = lists.get(key) ?? NONE;
  if (!list.includes(subject)) lists.set(key, [...list, subject]);
}

function remove(lists: Map<string, readonly string[]>, key: string, subject: string): void {
  const list = (lists.get(key) ?? NONE).filter((each) => each !== subject);
  if (list.length === 0) lists.delete(key);
  else lists.set(key, list);
}
