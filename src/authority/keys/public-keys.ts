import type { JWK } from 'jose';
import { type Answer, answer, unknown } from '../unknown.ts';

/**
 * Signatures that are believed (RFC 7518 §3.1, RFC 8037, RFC 9864): those of which nobody can make one who only has the public
 * key. So neither `none` nor `HS256`, whose key would be the public one.
 */
export const ALGORITHMS: readonly string[] = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
];

const MAX_KEYS = 100;
const KINDS: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

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
  const usable = keys.filter(isPublicKey);
  return usable.length === 0 ? unknown('malformed', `${whose} has no public key for signatures.`) : answer(usable);
}

function isPublicKey(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, use, alg, kid, d } = key as Readonly<Record<string, unknown>>;
  return (
    KINDS.has(kty) &&
    d === undefined &&
    (use === undefined || use === 'sig') &&
    (alg === undefined || (typeof alg === 'string' && ALGORITHMS.includes(alg))) &&
    (kid === undefined || typeof kid === 'string')
  );
}
