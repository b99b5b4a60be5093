import type { Mint } from '../dialect.ts';

/** Ids that we give to messages of one connection, where its server takes them: from people with an account only. */
export class OwnIds {
  readonly #mint: () => Mint | undefined;
  readonly #serverMs: () => number;

  /** @param mint undefined as long as the server takes none */
  constructor(mint: () => Mint | undefined, serverMs: () => number) {
    this.#mint = mint;
    this.#serverMs = serverMs;
  }

  /** What has to be stored with a line before it is said. */
  get stamp(): ((before: string | undefined) => string) | undefined {
    const mint = this.#mint();
    return mint && ((before) => mint.stamp(this.#serverMs(), before));
  }

  /** The id of a piece of a line, and the tag that carries it. */
  of(stamp: string | undefined, piece: string): { readonly tag: string; readonly id: string } | undefined {
    const mint = this.#mint();
    return stamp === undefined || mint === undefined ? undefined : { tag: mint.tag, id: mint.id(stamp, piece) };
  }

  /** Whether ids by this stamp are still taken. */
  takes(stamp: string | undefined): boolean {
    return stamp === undefined || this.#mint()?.isGood(stamp, this.#serverMs()) !== false;
  }
}
