import type { JWK } from 'jose';
import { MAX_KEYS, whyNotVerifying } from '../../config/verifying-keys.ts';
import { type Answer, answer, unknown } from '../unknown.ts';

/**
 * The public keys for signatures in a key set (RFC 7517 §5). What is not one (shared secrets, private keys, keys for
 * encryption, kinds that are not known) is left out, as the RFC asks.
 * @param whose for sentences: `The issuer’s key set`
 * @returns unknown for what is no key set, and for one without any key that could be used
 */
export function publicKeysOf(json: unknown, whose: string): Answer<readonly JWK[]> {
  const keys = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : undefined;
  if (!Array.isArray(keys)) return unknown('malformed', `${whose} is no key set: it has no list of keys.`);
  if (keys.length > MAX_KEYS) return unknown('malformed', `${whose} has more than ${MAX_KEYS} keys.`);
  const usable = keys.filter((key): key is JWK => whyNotVerifying(key) === undefined);
  return usable.length === 0 ? unknown('malformed', `${whose} has no public key for signatures.`) : answer(usable);
}
