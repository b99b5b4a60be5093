import { createLocalJWKSet, errors, type JWK, type JWSHeaderParameters } from 'jose';
import { whyNotVerifying } from '../../config/verifying-keys.ts';
import type { Unknown } from '../unknown.ts';

export type VerifyingKey = Awaited<ReturnType<ReturnType<typeof createLocalJWKSet>>>;

/** `none`: no key of this name is trusted. `unknown`: nobody can say now. */
export type KeyAnswer = { readonly kind: 'ok'; readonly value: VerifyingKey } | { readonly kind: 'none' } | Unknown;

/** Public keys of somebody whose signatures count. */
export interface KeySet {
  /** The one key that a token names by its header (`alg`, `kid`). */
  keyFor(header: JWSHeaderParameters): Promise<KeyAnswer>;
}

/** Keys that do not change. What is no public key for signatures is left out, and trusts nobody. */
export function fixedKeys(keys: readonly unknown[]): KeySet {
  const find = createLocalJWKSet({ keys: keys.filter((key): key is JWK => whyNotVerifying(key) === undefined) });
  return {
    async keyFor(header) {
      try {
        return { kind: 'ok', value: await find(header) };
      } catch (error) {
        // No such key, several of which nobody can say which is meant, or one that cannot be used (damaged, unknown curve).
        if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException)
          return { kind: 'none' };
        throw error;
      }
    },
  };
}
