import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { ALGORITHMS } from '../../config/verifying-keys.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Unknown } from '../unknown.ts';
import type { KeySet } from './key-set.ts';

export type ExpectedToken = {
  readonly keys: KeySet;
  /** The media type that the header has to name (`typ`), so that no token of another kind passes for one. */
  readonly typ: string;
  readonly issuer: string;
  readonly audience: string;
  /** Claims that have to be there beside `iss`, `aud` and `iat`. */
  readonly claims?: readonly string[];
  /** Older by its `iat` than this: refused. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
};

/** Why a token counts for nothing. */
export type TokenFault =
  | 'malformed'
  | 'type'
  | 'algorithm'
  | 'issuer'
  | 'audience'
  | 'key'
  | 'signature'
  | 'time'
  | 'claims';

export type TokenVerdict =
  | { readonly kind: 'ok'; readonly claims: JWTPayload & { readonly iat: number } }
  | { readonly kind: 'refused'; readonly fault: TokenFault; readonly text: string }
  /** The keys cannot be had now; it may be right. */
  | Unknown;

export const MAX_TOKEN = 65_536;
/** Clocks of two machines differ. */
const TOLERANCE_S = 60;

const TEXTS: Readonly<Record<TokenFault, string>> = {
  malformed: 'This is no signed token (JWS compact serialization).',
  type: 'The token is of another type than is taken here.',
  algorithm: 'The token is signed in a way that is not taken here.',
  issuer: 'The token is of another issuer than is taken here.',
  audience: 'The token is for another audience.',
  key: 'The token names a key that is not trusted.',
  signature: 'The signature of the token is wrong.',
  time: 'The token is expired, too old, or from the future.',
  claims: 'The token lacks a claim that is needed, or has one of a wrong form.',
};

/**
 * Whether a signed token (RFC 7519 in JWS compact serialization) is what is expected (RFC 8725): its type said explicitly,
 * issuer, audience, an asymmetric algorithm, a trusted key, the signature, and times. Claims are looked at before keys, so that
 * nobody's token makes anybody ask for keys.
 */
export async function verifyToken(token: string, expected: ExpectedToken): Promise<TokenVerdict> {
  const { keys, typ, issuer, audience, claims = [], maxAgeMs, clock } = expected;
  const read = parts(token);
  if (read === undefined) return refused('malformed');
  const { header, payload } = read;
  if (typeof header.typ !== 'string' || mediaType(header.typ) !== mediaType(typ)) return refused('type');
  if (typeof header.alg !== 'string' || !ALGORITHMS.includes(header.alg)) return refused('algorithm');
  if (payload.iss !== issuer) return refused('issuer');
  if (![payload.aud].flat().includes(audience)) return refused('audience');
  const key = await keys.keyFor(header);
  if (key.kind === 'unknown') return key;
  if (key.kind === 'none') return refused('key');
  const nowMs = clock.nowMs();
  try {
    const { payload: verified } = await jwtVerify(token, key.value, {
      algorithms: [...ALGORITHMS],
      typ,
      issuer,
      audience,
      requiredClaims: ['iss', 'aud', 'iat', ...claims],
      clockTolerance: TOLERANCE_S,
      maxTokenAge: maxAgeMs / 1000,
      currentDate: new Date(nowMs),
    });
    return { kind: 'ok', claims: verified as JWTPayload & { readonly iat: number } };
  } catch (error) {
    return refused(faultOf(error));
  }
}

/** undefined where it is none, or too long. */
function parts(token: string) {
  if (token.length > MAX_TOKEN) return undefined;
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

/** `application/` may be left out (RFC 7515 §4.1.9). */
const mediaType = (typ: string): string => typ.toLowerCase().replace(/^application\//, '');

const CLAIMS: Readonly<Record<string, TokenFault>> = {
  typ: 'type',
  iss: 'issuer',
  aud: 'audience',
  exp: 'time',
  nbf: 'time',
  iat: 'time',
};

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'time';
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.reason === 'check_failed' ? (CLAIMS[error.claim] ?? 'claims') : 'claims';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JOSEError) return 'malformed';
  // A key that does not fit the algorithm, or is too short for it.
  return 'key';
}

const refused = (fault: TokenFault): TokenVerdict => ({ kind: 'refused', fault, text: TEXTS[fault] });
