/**
 * What is said in SASL, without saying it: one exchange per mechanism, fed with the server's challenges.
 * Source: IRCv3 sasl-3.1 and 3.2, RFC 4616 (PLAIN), RFC 4422 (EXTERNAL), RFC 7677 (SCRAM-SHA-256), ergo.chat
 * IRCV3BEARER.
 */
import { fail, ok, type Result } from '../errors.ts';
import { type ScramCrypto, scramFirst, scramProve, scramVerify } from './scram.ts';

export type SaslCredentials =
  | { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256'; readonly user: string; readonly password: string }
  /** The client certificate of the connection. */
  | { readonly mechanism: 'EXTERNAL' }
  /** `type`: jwt, oauth2 … */
  | { readonly mechanism: 'IRCV3BEARER'; readonly type: string; readonly token: string };

export type SaslMechanism = SaslCredentials['mechanism'];

/** One login, from its first challenge to its last. */
export interface SaslExchange {
  readonly mechanism: SaslMechanism;
  /**
   * @param challenge decoded; empty for `AUTHENTICATE +`
   * @returns what to answer, to be given to {@link chunkResponse}
   */
  respond(challenge: string): Promise<Result<string>>;
  /**
   * Whether a 903 may be believed: false while the server has not proven that it knows the password, where the
   * mechanism asks for that (SCRAM). Then give up, and never send the password in another way.
   */
  readonly serverProven: boolean;
}

/** @param nonce fresh printable ASCII without commas, 24 characters or so; only SCRAM uses it */
export function startSasl(credentials: SaslCredentials, nonce: string, crypto: ScramCrypto): SaslExchange {
  switch (credentials.mechanism) {
    case 'PLAIN':
      // No authorization name: one would ask to act for somebody, and services differ in what they make of it.
      return oneMessage('PLAIN', joinNul('', credentials.user, credentials.password));
    case 'EXTERNAL':
      return oneMessage('EXTERNAL', ok(''));
    case 'IRCV3BEARER':
      return oneMessage('IRCV3BEARER', joinNul('', credentials.type, credentials.token));
    case 'SCRAM-SHA-256':
      return scramExchange(credentials.user, credentials.password, nonce, crypto);
  }
}

function oneMessage(mechanism: SaslMechanism, message: Result<string>): SaslExchange {
  let sent = false;
  return {
    mechanism,
    serverProven: true,
    respond: async () => {
      if (sent) return refuse('the server asked for more than this mechanism has');
      sent = true;
      return message;
    },
  };
}

function joinNul(...fields: readonly string[]): Result<string> {
  return fields.some((field) => field.includes('\0'))
    ? refuse('a NUL in the account name or the password')
    : ok(fields.join('\0'));
}

function scramExchange(user: string, password: string, nonce: string, crypto: ScramCrypto): SaslExchange {
  type Step = (challenge: string) => Promise<Result<string>>;
  let serverProven = false;
  const first = scramFirst(user, nonce);
  const verify =
    (serverSignature: Uint8Array): Step =>
    async (challenge) => {
      const verified = scramVerify(serverSignature, challenge);
      if (!verified.ok) return verified;
      serverProven = true;
      step = async () => refuse('the server went on after the end');
      return ok('');
    };
  const prove: Step = async (challenge) => {
    const proof = await scramProve(first, challenge, password, crypto);
    if (!proof.ok) return proof;
    step = verify(proof.value.serverSignature);
    return ok(proof.value.message);
  };
  let step: Step = async () => {
    step = prove;
    return ok(first.message);
  };
  return {
    mechanism: 'SCRAM-SHA-256',
    get serverProven() {
      return serverProven;
    },
    respond: (challenge) => step(challenge),
  };
}

const refuse = (why: string): Result<never> =>
  fail({ code: 'irc_sasl_failed', text: `Login on IRC failed: ${why}.`, retry: 'never', notify: 'log' });

const CHUNK_CHARS = 400;

/**
 * Parameters of the AUTHENTICATE lines that carry a response: base64 in pieces of 400; `+` alone for nothing, and
 * after a full last piece.
 */
export function chunkResponse(response: string): readonly string[] {
  const encoded = Buffer.from(response, 'utf8').toString('base64');
  const chunks = encoded.match(/.{1,400}/g) ?? [];
  return chunks.at(-1)?.length === CHUNK_CHARS || chunks.length === 0 ? [...chunks, '+'] : chunks;
}

/** Pieces of a challenge that is not complete yet. */
export type ChallengeParts = readonly string[];

const MAX_CHALLENGE_PARTS = 64;

/**
 * @param param of one AUTHENTICATE line from the server
 * @returns the decoded challenge once it is complete, or the pieces so far
 */
export function takeChallenge(
  parts: ChallengeParts,
  param: string,
): Result<{ readonly parts: ChallengeParts; readonly challenge?: string }> {
  const all = param === '+' ? parts : [...parts, param];
  if (all.length > MAX_CHALLENGE_PARTS || param.length > CHUNK_CHARS)
    return refuse('the server sent a challenge that is too long');
  if (param.length === CHUNK_CHARS) return ok({ parts: all });
  return ok({ parts: [], challenge: Buffer.from(all.join(''), 'base64').toString('utf8') });
}
