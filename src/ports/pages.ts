import type { Result } from '../core/errors.ts';
import type { PageGone } from './page-store.ts';

/** What a link of ours leads to now. */
export type PageAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly mxc: string; readonly name: string }
  /** `unlinked`: the room of its message is linked no more. */
  | { readonly kind: 'gone'; readonly why: PageGone | 'unlinked' }
  | { readonly kind: 'unknown' };

/** A file as the homeserver gives it. Whoever got one reads it to the end or closes it. */
export type MediaFile = {
  /** As whoever uploaded it said. */
  readonly type: string | undefined;
  readonly sizeBytes: number | undefined;
  /** Read once, no faster than it is taken; fails where the homeserver breaks off. */
  readonly body: AsyncIterable<Uint8Array>;
  close(): void;
};

/** What people on networks read by link. */
export interface PageSource {
  /** @throws {StoreUnavailable} */
  find(id: string): Promise<PageAnswer>;
  open(mxc: string): Promise<Result<MediaFile>>;
  /** Largest file that is passed on. */
  readonly maxBytes: number;
}
