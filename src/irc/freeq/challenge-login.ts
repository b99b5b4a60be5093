import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import type { Login } from '../wire/login.ts';
import type { Signer } from '../wire/registration.ts';

const MAX_CHALLENGE_CHARS = 4000;

/**
 * ATPROTO-CHALLENGE: the server gives bytes, and the owner of a DID signs exactly them. One line each way: the server puts no pieces of
 * 400 together.
 */
export class ChallengeLogin implements Login {
  readonly mechanism = 'ATPROTO-CHALLENGE';
  /** The server proves nothing to us, and learns nothing that helps to be us. */
  readonly trusted = true;
  readonly account: string;
  readonly #signer: Signer;
  #answered = false;
  /** The server's clock as the challenge told it. */
  serverMs: number | undefined;

  constructor(signer: Signer) {
    this.account = signer.did;
    this.#signer = signer;
  }

  async answer(param: string): Promise<Result<readonly OutgoingLine[]>> {
    if (this.#answered) return fail(odd('it asked twice'));
    this.#answered = true;
    if (param.length > MAX_CHALLENGE_CHARS || !/^[A-Za-z0-9_-]+={0,2}$/.test(param))
      return fail(odd('no challenge came'));
    const bytes = Buffer.from(param, 'base64url');
    this.serverMs = timeIn(bytes.toString('utf8'));
    const { did } = this.#signer;
    const response = JSON.stringify({ did, method: 'crypto', signature: this.#signer.sign(bytes) });
    return ok([{ command: 'AUTHENTICATE', params: [Buffer.from(response).toString('base64url')] }]);
  }
}

/** Seconds in `timestamp`; undefined for anything odd, since only the signature matters. */
function timeIn(challenge: string): number | undefined {
  try {
    const read: unknown = JSON.parse(challenge);
    const seconds = typeof read === 'object' && read !== null && 'timestamp' in read ? read.timestamp : undefined;
    return typeof seconds === 'number' && Number.isSafeInteger(seconds) ? seconds * 1000 : undefined;
  } catch {
    return undefined;
  }
}

const odd = (why: string): BridgeError => ({
  code: 'irc_sasl_failed',
  text: `Login on freeq failed: the server's challenge could not be answered (${why}).`,
  retry: 'later',
  notify: 'log',
});
