/** Of whom a room has to be looked at: of everybody, or of these Matrix ids. */
export type Scope = 'all' | ReadonlySet<string>;

/** More people than this at once are no matter of a few. */
const FEW = 20;

type Asked = { readonly isAll: boolean; readonly userIds: ReadonlySet<string>; readonly cause: string };

/** What rooms have to be looked at for, until they are. */
export class Scopes {
  readonly #asked = new Map<string, Asked>();
  readonly #waiting = new Map<string, () => void>();

  /** @param userIds whom something new is known of; undefined: perhaps everybody */
  widen(resource: string, userIds: Iterable<string> | undefined, cause: string): void {
    const before = this.#asked.get(resource);
    const isAll = userIds === undefined || before?.isAll === true;
    this.#asked.set(resource, { isAll, userIds: new Set([...(before?.userIds ?? []), ...(userIds ?? [])]), cause });
    this.#waiting.get(resource)?.();
  }

  /** Resolves when more is asked for. One waits for each room. */
  async widened(resource: string): Promise<undefined> {
    await new Promise<void>((resolve) => this.#waiting.set(resource, resolve));
    this.#waiting.delete(resource);
    return undefined;
  }

  /** From here on whatever happens has to be asked for anew. Of what nobody asked for, everybody is looked at. */
  take(resource: string): Scope {
    const asked = this.#asked.get(resource);
    this.#asked.delete(resource);
    return asked === undefined || asked.isAll ? 'all' : asked.userIds;
  }

  /** The few people that it is a matter of, besides everybody or alone. */
  takeFew(resource: string): { readonly scope: Scope; readonly cause: string } | undefined {
    const asked = this.#asked.get(resource);
    if (asked === undefined || !isFew(asked)) return undefined;
    if (asked.isAll) this.#asked.set(resource, { ...asked, userIds: new Set() });
    else this.#asked.delete(resource);
    return { scope: asked.userIds, cause: asked.cause };
  }

  /** Whether more than a few people were named who wait to be looked at. */
  waitsForMany(resource: string): boolean {
    const asked = this.#asked.get(resource);
    return asked !== undefined && asked.userIds.size > FEW;
  }

  /** Whether it is a matter of a few people: alone, or besides everybody. */
  fewOf(resource: string): 'alone' | 'besides' | undefined {
    const asked = this.#asked.get(resource);
    if (asked === undefined || !isFew(asked)) return undefined;
    return asked.isAll ? 'besides' : 'alone';
  }
}

const isFew = ({ userIds }: Asked): boolean => userIds.size > 0 && userIds.size <= FEW;
