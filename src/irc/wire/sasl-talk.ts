import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { ok, type Result } from '../../core/errors.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import {
  type ChallengeParts,
  chunkResponse,
  type SaslCredentials,
  type SaslExchange,
  startSasl,
  takeChallenge,
} from '../../core/irc/sasl.ts';
import type { ScramCrypto } from '../../core/irc/scram.ts';
import type { Login } from './login.ts';

const derive = promisify(pbkdf2);

const scramCrypto: ScramCrypto = {
  hash: (data) => createHash('sha256').update(data).digest(),
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
  pbkdf2: (password, salt, iterations) => derive(password, salt, iterations, 32, 'sha256'),
};

/** A login by one of the mechanisms that IRC has in common. */
export class SaslTalk implements Login {
  readonly account: string;
  readonly #exchange: SaslExchange;
  #parts: ChallengeParts = [];

  constructor(account: string, credentials: SaslCredentials) {
    this.account = account;
    this.#exchange = startSasl(credentials, randomBytes(18).toString('base64'), scramCrypto);
  }

  get mechanism(): string {
    return this.#exchange.mechanism;
  }

  get trusted(): boolean {
    return this.#exchange.serverProven;
  }

  async answer(param: string): Promise<Result<readonly OutgoingLine[]>> {
    const taken = takeChallenge(this.#parts, param);
    if (!taken.ok) return taken;
    this.#parts = taken.value.parts;
    if (taken.value.challenge === undefined) return ok([]);
    const response = await this.#exchange.respond(taken.value.challenge);
    if (!response.ok) return response;
    return ok(chunkResponse(response.value).map((piece) => ({ command: 'AUTHENTICATE', params: [piece] })));
  }
}

/** A token is needed for the seconds of one login. Ergo's clock may differ from ours by some. */
const TOKEN_LIFE_S = 120;

/**
 * A token that logs in to an account of a server which trusts our key (Ergo, accounts.jwt-auth).
 * @param key HMAC secret; opens every account of that server
 */
export async function signAccountToken(account: string, key: string, nowMs: number): Promise<string> {
  const nowS = Math.floor(nowMs / 1000);
  return await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(account)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + TOKEN_LIFE_S)
    .sign(new TextEncoder().encode(key));
}
