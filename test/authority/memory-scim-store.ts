import type { ScimRow } from '../../src/ports/authority-stores.ts';
import type { ScimStore } from '../../src/ports/scim-store.ts';

/** Forgets everything with the process: for tests and for trying. */
export function makeMemoryScimStore(rows: readonly ScimRow[] = []): ScimStore {
  const kept = new Map(rows.map(({ key, json }) => [key, json]));
  return {
    load: async () => [...kept].map(([key, json]) => ({ key, json })),
    save: async (changed) => {
      for (const { key, json } of changed) kept.set(key, json);
    },
    delete: async (keys) => {
      for (const key of keys) kept.delete(key);
    },
  };
}
