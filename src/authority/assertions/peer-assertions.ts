import { decodeJwt, type JWTPayload } from 'jose';
import {
  type Agreement,
  type Assertion,
  agreementRefusal,
  assertionRefusal,
  type Grant,
  type OwnShard,
  VISITOR_ACTIONS,
} from '../../core/authority/agreement.ts';
import type { Freshness } from '../../core/authority/member.ts';
import type { VisitorLookup } from '../../ports/authority.ts';
import type { Clock } from '../../ports/clock.ts';
import { fixedKeys, type KeySet } from '../keys/key-set.ts';
import { publicKeysOf } from '../keys/public-keys.ts';
import { RemoteKeys } from '../keys/remote-keys.ts';
import { type TokenFault, verifyToken } from '../keys/verify-token.ts';
import { toMatrixHandle } from '../words.ts';

/** So that no other token of the peer's, such as an ID token, can be passed off as one (RFC 8725 §3.11). */
const ASSERTION_TYP = 'visitor+jwt';

const MAX_CHARS = 8_192;
const MAX_GRANTS = 200;
const MAX_TEXT = 255;
const CLAIMS = ['sub', 'exp', 'jti', 'agr', 'agr_ver', 'matrix'];

const NOT_OURS = 'It is no assertion of a shard with which this one has an agreement.';

const WHY: Readonly<Partial<Record<TokenFault, string>>> = {
  audience: 'It was made for another shard.',
  issuer: 'It does not come from the shard of this agreement.',
  time: 'It is over, or not yet. Get a new one from your home shard.',
};

/**
 * What peers say of their people: a JWT in the manner of RFC 7523 §3, with `typ: visitor+jwt` and `kid` in its header; `iss`,
 * `sub`, `aud` (our issuer), `iat`, `exp`, `jti`, `agr` and `agr_ver` (agreement and version), `matrix` (the account) and
 * `grants` as its claims. Nothing else that it says counts, such as what somebody is at home.
 */
export class PeerAssertions {
  readonly #own: OwnShard;
  readonly #clock: Clock;
  /** By agreement; a key set that is fetched keeps count of how often. */
  readonly #keys = new Map<string, { readonly jwks: string; readonly set: KeySet }>();

  constructor(own: OwnShard, clock: Clock) {
    this.#own = own;
    this.#clock = clock;
  }

  /** @param freshness of the list of agreements */
  async verify(token: string, agreements: readonly Agreement[], freshness: Freshness): Promise<VisitorLookup> {
    const no = (code: string, why: string): VisitorLookup => ({ kind: 'absent', freshness, code, why });
    const agr = token.length > MAX_CHARS ? undefined : claimedAgreement(token);
    const agreement = agreements.find(({ id }) => id === agr);
    if (agreement === undefined) return no('unreadable', NOT_OURS);
    // No key is tried for an agreement that admits nobody.
    const over = agreementRefusal(agreement, this.#own, this.#clock.nowMs());
    if (over !== undefined) return no(`agreement.${over.code}`, over.why);
    const keys = this.#keysOf(agreement);
    if (keys === undefined) return no('key', 'The agreement has no key of the peer that can be used.');
    const verdict = await verifyToken(token, {
      keys,
      typ: ASSERTION_TYP,
      issuer: agreement.peer.iss,
      audience: this.#own.iss,
      claims: CLAIMS,
      maxAgeMs: agreement.maxSessionSec * 1000,
      clock: this.#clock,
    });
    if (verdict.kind === 'unknown') return verdict;
    if (verdict.kind === 'refused') return no(verdict.fault, WHY[verdict.fault] ?? NOT_OURS);
    const value = assertionOf(verdict.claims);
    if (value === undefined) return no('claims', 'It does not say what an assertion of a visit has to say.');
    const wrong = assertionRefusal(value, agreement, this.#own, this.#clock.nowMs());
    return wrong === undefined ? { kind: 'found', value, freshness } : no(wrong.code, wrong.why);
  }

  #keysOf({ id, peer }: Agreement): KeySet | undefined {
    const jwks = JSON.stringify(peer.jwks);
    const known = this.#keys.get(id);
    if (known?.jwks === jwks) return known.set;
    const whose = `The key set of ${peer.iss}`;
    const set = typeof peer.jwks === 'string' ? this.#remote(peer.jwks, whose) : inline(peer.jwks, whose);
    if (set !== undefined) this.#keys.set(id, { jwks, set });
    return set;
  }

  #remote(url: string, whose: string): KeySet {
    return new RemoteKeys({ url, whose, clock: this.#clock });
  }
}

function inline(jwks: unknown, whose: string): KeySet | undefined {
  const keys = publicKeysOf(jwks, whose);
  return keys.kind === 'ok' ? fixedKeys(keys.value) : undefined;
}

/** Which agreement an unproven token names. */
function claimedAgreement(token: string): unknown {
  try {
    return decodeJwt(token).agr;
  } catch {
    return undefined;
  }
}

function assertionOf(claims: JWTPayload & { readonly iat: number }): Assertion | undefined {
  const { iss, sub, jti, iat, exp, agr, agr_ver: version, matrix, grants } = claims;
  if (!isText(iss) || !isText(sub) || !isText(jti) || !isText(agr) || !isText(matrix)) return undefined;
  if (toMatrixHandle(matrix) === undefined || typeof version !== 'number' || exp === undefined) return undefined;
  return {
    agreement: agr,
    version,
    subject: { iss, sub },
    userId: matrix,
    grants: grantsOf(grants),
    jti,
    issuedAtMs: Math.round(iat * 1000),
    untilMs: Math.round(exp * 1000),
  };
}

/** What cannot be read grants nothing; nor does an action that visitors never have. */
function grantsOf(value: unknown): readonly Grant[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_GRANTS).flatMap((entry: unknown) => {
    const { resource, actions } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    if (!isText(resource) || !Array.isArray(actions)) return [];
    return [{ resource, actions: VISITOR_ACTIONS.filter((action) => actions.includes(action)) }];
  });
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && !/\p{Cc}/u.test(value);
