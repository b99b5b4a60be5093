/**
 * Signatures that are believed (RFC 7518 §3.1, RFC 8037, RFC 9864): those of which nobody can make one who only has the public
 * key. So neither `none` nor `HS256`, whose key would be the public one.
 */
export const ALGORITHMS: readonly string[] = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
];

export const MAX_KEYS = 100;
const KINDS: readonly unknown[] = ['RSA', 'EC', 'OKP'];

/** Why a key of a set (RFC 7517 §4) is none by which signatures are checked, as the end of a sentence; undefined where it is one. */
export function whyNotVerifying(key: unknown): string | undefined {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return 'is no key';
  const { kty, use, alg, kid, d } = key as Readonly<Record<string, unknown>>;
  if (kty === 'oct') return 'is a shared secret: whoever checks by it can sign, too';
  if (!KINDS.includes(kty)) return 'is of no kind that is known here (kty: RSA, EC or OKP)';
  if (d !== undefined) return 'is a private key';
  if (use !== undefined && use !== 'sig') return 'is not for signatures (use)';
  if (alg !== undefined && !(typeof alg === 'string' && ALGORITHMS.includes(alg)))
    return 'is for signatures that are not believed here (alg)';
  return kid === undefined || typeof kid === 'string' ? undefined : 'has a name that is no text (kid)';
}
