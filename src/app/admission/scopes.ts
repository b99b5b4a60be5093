/** Of whom a room has to be looked at: of everybody, or of these Matrix ids. */
export type Scope = 'all' | ReadonlySet<string>;

/** More people than this at once are no matter of a few. */
const FEW = 20;

type Asked = { readonly scope: Scope; readonly cause: string };

/** What rooms have to be looked at for, until they are. */
export class Scopes {
  readonly #asked = new Map<string, Asked>();

  /** @param userIds whom something new is known of; undefined: perhaps everybody */
  widen(resource: string, userIds: Iterable<string> | undefined, cause: string): void {
    const before = this.#asked.get(resource)?.scope;
    const scope =
      userIds === undefined || before === 'all'
        ? 'all'
        : before === undefined
          ? new Set(userIds)
          : union(before, userIds);
    this.#asked.set(resource, { scope, cause });
  }

  /** From here on whatever happens has to be asked for anew. Of what nobody asked for, everybody is looked at. */
  take(resource: string): Scope {
    const scope = this.#asked.get(resource)?.scope ?? 'all';
    this.#asked.delete(resource);
    return scope;
  }

  /** The same where it is a matter of a few people, and of somebody. */
  takeFew(resource: string): { readonly scope: Scope; readonly cause: string } | undefined {
    const asked = this.#asked.get(resource);
    if (asked === undefined || !isFew(asked.scope)) return undefined;
    this.#asked.delete(resource);
    return asked;
  }

  isFew(resource: string): boolean {
    const asked = this.#asked.get(resource);
    return asked !== undefined && isFew(asked.scope);
  }
}

const isFew = (scope: Scope): boolean => scope !== 'all' && scope.size > 0 && scope.size <= FEW;
const union = (one: Iterable<string>, other: Iterable<string>): Set<string> => new Set([...one, ...other]);
