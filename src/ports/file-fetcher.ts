import type { Result } from '../core/errors.ts';

export type FetchedFile = {
  readonly bytes: Uint8Array;
  /** Without parameters, lower case. */
  readonly type: string;
};

/** Gets files from the internet, never from places that only this machine or its network can reach. */
export interface FileFetcher {
  /** Within the time and the size, or not at all. Never rejects. */
  fetch(url: string, limits: { readonly timeoutMs: number; readonly maxBytes: number }): Promise<Result<FetchedFile>>;
}
