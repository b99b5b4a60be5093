import type { ScimRow } from './authority-stores.ts';

/**
 * What a directory wrote to us over SCIM, kept as documents by key (`User/<id>`, `Group/<id>`). A promise that resolved
 * means that it is on disk; one that rejected, that nobody knows.
 */
export interface ScimStore {
  /** Everything, in no order. */
  load(): Promise<readonly ScimRow[]>;
  /** Puts these, all or none; what has the same key is replaced. */
  save(rows: readonly ScimRow[]): Promise<void>;
  /** Forgets these; unknown keys are no failure. */
  delete(keys: readonly string[]): Promise<void>;
}
