/** SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677): three messages as functions of what came before. */
import { fail, ok, type Result } from '../errors.ts';

/** SHA-256 in its three uses; the caller's, since the core has no cryptography of its own. */
export type ScramCrypto = {
  readonly hash: (data: Uint8Array) => Uint8Array;
  readonly hmac: (key: Uint8Array, data: string) => Uint8Array;
  /** Asynchronous, since thousands of rounds would hold up every other connection. 32 bytes. */
  readonly pbkdf2: (password: string, salt: Uint8Array, iterations: number) => Promise<Uint8Array>;
};

export type ScramFirst = { readonly message: string; readonly bare: string; readonly nonce: string };

/** Fewer make a stolen proof cheap to guess (RFC 7677 §4); more let a server keep us busy. */
const MIN_ITERATIONS = 4096;
const MAX_ITERATIONS = 200_000;
/** GS2 header: no channel binding, no authorization name. */
const GS2 = 'n,,';

export function scramFirst(user: string, nonce: string): ScramFirst {
  const name = user.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
  const bare = `n=${name},r=${nonce}`;
  return { message: `${GS2}${bare}`, bare, nonce };
}

export type ScramProof = { readonly message: string; readonly serverSignature: Uint8Array };

/** @param serverFirst `r=…,s=…,i=…`; refused unless the nonce goes on ours and the rounds are within bounds */
export async function scramProve(
  first: ScramFirst,
  serverFirst: string,
  password: string,
  crypto: ScramCrypto,
): Promise<Result<ScramProof>> {
  const match = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,8})(?:,.*)?$/s.exec(serverFirst);
  if (match === null) return refuse('its challenge is not SCRAM');
  const [, nonce = '', salt = '', rounds = ''] = match;
  if (!nonce.startsWith(first.nonce) || nonce.length === first.nonce.length)
    return refuse('its nonce does not go on ours');
  const iterations = Number(rounds);
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) return refuse(`it asks for ${iterations} rounds`);

  const withoutProof = `c=${Buffer.from(GS2).toString('base64')},r=${nonce}`;
  const authMessage = `${first.bare},${serverFirst},${withoutProof}`;
  const salted = await crypto.pbkdf2(password.normalize('NFKC'), Buffer.from(salt, 'base64'), iterations);
  const clientKey = crypto.hmac(salted, 'Client Key');
  const clientSignature = crypto.hmac(crypto.hash(clientKey), authMessage);
  const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0));
  const serverSignature = crypto.hmac(crypto.hmac(salted, 'Server Key'), authMessage);
  return ok({ message: `${withoutProof},p=${Buffer.from(proof).toString('base64')}`, serverSignature });
}

/** Whether the server proved that it knows the password too. */
export function scramVerify(serverSignature: Uint8Array, serverFinal: string): Result<void> {
  const error = /^e=([a-z-]{1,60})/.exec(serverFinal)?.[1];
  if (error !== undefined) return failed(`the server says ${error}. Check the account's name and password.`);
  const given = /^v=([A-Za-z0-9+/=]+)(?:,.*)?$/s.exec(serverFinal)?.[1];
  const expected = Buffer.from(serverSignature).toString('base64');
  return given === expected ? ok(undefined) : refuse('it could not prove that it knows the password');
}

const failed = (text: string): Result<never> =>
  fail({ code: 'irc_scram_failed', text: `Login on IRC failed: ${text}`, retry: 'never', notify: 'log' });

const refuse = (why: string): Result<never> =>
  failed(`the server does not hold up its side of SCRAM (${why}). Check that this is the right server.`);
